package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// fault says what is wrong with a line that was refused: what is amiss with it as
// JSON, with its format, with its keys; and the given error if that is all in
// order.
func (f *fileReader) fault(line []byte, err error) error {
	body, kind, fault := envelope(line)
	if fault != nil {
		return fault
	}
	if kind == "header" {
		if fault := formatFault(body); fault != nil {
			return fault
		}
	}
	if fault := strictFault(line); fault != nil {
		return fault
	}
	return err
}

// envelope takes a line apart: an object with one known key, and no key twice
// anywhere.
func envelope(line []byte) (body json.RawMessage, kind string, err error) {
	if !utf8.Valid(line) {
		return nil, "", errors.New("the line is not UTF-8")
	}
	if len(bytes.TrimSpace(line)) == 0 {
		return nil, "", errors.New("the line is empty")
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	var value json.RawMessage
	if err := dec.Decode(&value); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, "", errors.New("the line breaks off")
		}
		return nil, "", errors.New("the line is not JSON")
	}
	if rest := bytes.TrimSpace(line[dec.InputOffset():]); len(rest) > 0 {
		return nil, "", errors.New("the line holds more than one value")
	}
	if err := duplicateKey(json.NewDecoder(bytes.NewReader(value))); err != nil {
		return nil, "", err
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(value, &object) != nil || len(object) != 1 {
		return nil, "", errors.New("the line is not an object with one key, which says what the line is")
	}
	for kind, body = range object {
	}
	switch kind {
	case "header", "group", "change", "hold", "held", "finding", "trailer":
		return body, kind, nil
	}
	return nil, "", fmt.Errorf("unknown kind of line %q; it can be header, group, change, hold, held, finding, trailer", kind)
}

// duplicateKey reads one value and reports the first key that an object in it has
// twice.
func duplicateKey(dec *json.Decoder) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	opened, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if opened == '{' {
			key, err := dec.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if seen[name] {
				return fmt.Errorf("the key %q is there twice", name)
			}
			seen[name] = true
		}
		if err := duplicateKey(dec); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}

// formatFault judges the format of a header and nothing else of it: the header of
// a newer format may have anything in it.
func formatFault(body json.RawMessage) error {
	var w map[string]json.RawMessage
	var format int
	if json.Unmarshal(body, &w) != nil || json.Unmarshal(w["format"], &format) != nil {
		return errors.New("the header has no format, which is a number")
	}
	return checkFormat(format)
}

// strictFault reports a key that the line's kind does not have, and a value of
// the wrong type.
func strictFault(line []byte) error {
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	err := dec.Decode(&lineWire{})
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is a %s, which it cannot be", wrong.Field, wrong.Value)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
