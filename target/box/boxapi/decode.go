package boxapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

var (
	errNoEntries = errors.New("no entries")
	errTwice     = errors.New("the same key twice")
)

// sole keeps a value as it stands and refuses a second one under the same key:
// nobody can tell which of two lists of members is the right one.
type sole []byte

func (o *sole) UnmarshalJSON(data []byte) error {
	if *o != nil {
		return errTwice
	}
	*o = bytes.Clone(data)
	return nil
}

// null says that there is no value.
func (o sole) null() bool { return len(o) == 0 || string(o) == "null" }

// decodeObject reads one of Box's objects. A field of another type than Box
// documents is no reason to lose the whole answer: a number where
// a text belongs is taken as text, everything else as absent. An id that
// cannot be read is an error all the same, and so is what is no JSON.
func decodeObject[T any](data []byte) (T, error) {
	var row T
	err := json.Unmarshal(data, &row)
	if !oddType(err) {
		return row, err
	}
	if data, err = quoteNumbers(data); err != nil {
		return row, err
	}
	var again T // the first try may have filled half of row
	if err = json.Unmarshal(data, &again); oddType(err) {
		err = nil // encoding/json has decoded all the rest
	}
	return again, err
}

func oddType(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// quoteNumbers makes strings of all numbers in a JSON text, digit for digit.
// Nothing that is decoded here needs a number: ids are read from strings too.
func quoteNumbers(data []byte) ([]byte, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(quoted(v))
}

func quoted(v any) any {
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case []any:
		for i := range v {
			v[i] = quoted(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = quoted(v[key])
		}
	}
	return v
}

// decodeRows reads the entries of a list: in one go as they usually are, and
// one by one if that fails.
func decodeRows[T any](entries sole) ([]T, error) {
	if entries.null() {
		return nil, errNoEntries
	}
	rows := []T{}
	err := json.Unmarshal(entries, &rows)
	if err == nil {
		return rows, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(entries, &list) == nil {
		rows = make([]T, len(list))
		for i := range list {
			if rows[i], err = decodeObject[T](list[i]); err != nil {
				return nil, fmt.Errorf("entry %d: %w", i, err)
			}
		}
		return rows, nil
	}
	var byKey map[string]json.RawMessage
	if json.Unmarshal(entries, &byKey) != nil {
		return nil, err
	}
	if len(byKey) != keys(entries) {
		return nil, errTwice
	}
	rows = make([]T, 0, len(byKey))
	for _, key := range slices.SortedFunc(maps.Keys(byKey), byIndex) {
		row, err := decodeObject[T](byKey[key])
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", clip(key), err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// keys counts the keys of a JSON object, repeated ones too.
func keys(object []byte) (n int) {
	d := json.NewDecoder(bytes.NewReader(object))
	_, err := d.Token() // the brace
	for ; err == nil && d.More(); n++ {
		var value json.RawMessage
		if _, err = d.Token(); err == nil {
			err = d.Decode(&value)
		}
	}
	return n
}

// scalar returns a JSON string, number or boolean as text, and "" for anything else.
func scalar(raw json.RawMessage) string {
	var v any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if decoder.Decode(&v) != nil {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number, bool:
		return fmt.Sprint(v)
	default:
		return ""
	}
}
