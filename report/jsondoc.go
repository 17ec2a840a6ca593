package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
)

const indent = "  "

// document writes JSON piece by piece, because a plan may be too large to stand
// in memory a second time as text. It remembers the first error.
type document struct {
	out         *bufio.Writer
	buf, pretty bytes.Buffer
	enc         *json.Encoder
	depth       int
	more        bool // there is something before, at this depth
	err         error
}

func newDocument(w io.Writer) *document {
	d := &document{out: bufio.NewWriter(w)}
	d.enc = json.NewEncoder(&d.buf)
	d.enc.SetEscapeHTML(false)
	return d
}

func (d *document) text(s string) {
	if d.err == nil {
		_, d.err = d.out.WriteString(s)
	}
}

// start begins a line for the next value, which has a key in an object and none in
// a list.
func (d *document) start(key string) {
	if d.more {
		d.text(",")
	}
	if d.depth > 0 {
		d.text(d.newLine())
	}
	d.more = true
	if key != "" {
		d.text(`"` + key + `": `)
	}
}

func (d *document) newLine() string { return "\n" + strings.Repeat(indent, d.depth) }

func (d *document) open(key string, bracket byte) {
	d.start(key)
	d.text(string(bracket))
	d.depth++
	d.more = false
}

func (d *document) close(bracket byte) {
	d.depth--
	if d.more {
		d.text(d.newLine())
	}
	d.text(string(bracket))
	d.more = true
}

func (d *document) value(key string, v any) {
	d.start(key)
	d.text(d.indented(d.encoded(v)))
}

// openObject opens an object with the fields of v, for more to follow.
func (d *document) openObject(v any) {
	d.start("")
	d.text(strings.TrimSuffix(d.indented(d.encoded(v)), d.newLine()+"}"))
	d.depth++
}

// joined writes the fields of two values as one object.
func (d *document) joined(a, b any) {
	first := bytes.TrimSuffix(bytes.Clone(d.encoded(a)), []byte("}"))
	second := bytes.TrimPrefix(d.encoded(b), []byte("{"))
	d.start("")
	d.text(d.indented(slices.Concat(first, []byte(","), second)))
}

// encoded returns v as JSON on one line; it is good until the next call.
func (d *document) encoded(v any) []byte {
	d.buf.Reset()
	if err := d.enc.Encode(v); err != nil && d.err == nil {
		d.err = err
	}
	return bytes.TrimSpace(d.buf.Bytes())
}

// indented returns a value as it stands at this depth.
func (d *document) indented(value []byte) string {
	d.pretty.Reset()
	if err := json.Indent(&d.pretty, value, strings.Repeat(indent, d.depth), indent); err != nil && d.err == nil {
		d.err = err
	}
	return d.pretty.String()
}
