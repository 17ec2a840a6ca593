package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// encoder writes values as JSON, one line each, in the one form that plan files
// and digests have: no blanks, fields in their order, < > and & as they are.
type encoder struct {
	buf bytes.Buffer
	enc *json.Encoder
}

func newEncoder() *encoder {
	e := &encoder{}
	e.enc = json.NewEncoder(&e.buf)
	e.enc.SetEscapeHTML(false)
	return e
}

// line returns the line of v, its end included. It is good until the next call.
func (e *encoder) line(v any) ([]byte, error) {
	e.buf.Reset()
	if err := e.enc.Encode(v); err != nil {
		return nil, err
	}
	return e.buf.Bytes(), nil
}

// textLine is line for what is to be read back: it fails on text that is not
// UTF-8, which JSON cannot hold.
func (e *encoder) textLine(v any) ([]byte, error) {
	line, err := e.line(v)
	if err != nil {
		return nil, err
	}
	// The encoder writes this for every byte that is not UTF-8, and for nothing
	// else but a backslash before a u.
	if bytes.Contains(line, []byte(`\ufffd`)) {
		if path, text := notUTF8(reflect.ValueOf(v), ""); path != "" {
			return nil, fmt.Errorf("%s is not UTF-8: %q", path, text)
		}
	}
	return line, nil
}

// notUTF8 finds the first text that is not UTF-8, and names it by its path in
// JSON.
func notUTF8(v reflect.Value, path string) (where, text string) {
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return path, v.String()
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return notUTF8(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if where, text = notUTF8(v.Index(i), path); where != "" {
				return where, text
			}
		}
	case reflect.Struct:
		for field, value := range v.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			names := slices.DeleteFunc([]string{path, name}, func(s string) bool { return s == "" })
			if where, text = notUTF8(value, strings.Join(names, ".")); where != "" {
				return where, text
			}
		}
	default:
	}
	return "", ""
}

// marshal is what the MarshalJSON methods have in common.
func marshal(v any) ([]byte, error) {
	line, err := newEncoder().textLine(v)
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// MarshalJSON returns the header as plan files have it.
func (h Header) MarshalJSON() ([]byte, error) {
	w, err := h.wire()
	if err != nil {
		return nil, err
	}
	return marshal(w)
}

// MarshalJSON returns the summary as plan files have it.
func (s GroupSummary) MarshalJSON() ([]byte, error) { return marshal(s.wire()) }

// MarshalJSON returns the change as plan files have it.
func (c Change) MarshalJSON() ([]byte, error) { return marshal(c.wire()) }

// MarshalJSON returns the hold as plan files have it, which is without the
// changes that it holds: there they follow, on lines of their own.
func (h Hold) MarshalJSON() ([]byte, error) { return marshal(h.wire()) }

// MarshalJSON returns the finding as plan files have it.
func (f Finding) MarshalJSON() ([]byte, error) { return marshal(f.wire()) }
