package plan

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// maxLine bounds a line of a plan file, its end included: 16 MiB, which is a
// finding that names 200,000 groups.
const maxLine = 16 << 20

// lineWire is one line of a plan file: an object with one key, which says what
// the line is.
type lineWire struct {
	Header  *headerWire  `json:"header,omitempty"`
	Group   *summaryWire `json:"group,omitempty"`
	Change  *changeWire  `json:"change,omitempty"`
	Hold    *holdWire    `json:"hold,omitempty"`
	Held    *changeWire  `json:"held,omitempty"` // a change that the hold above it holds
	Finding *findingWire `json:"finding,omitempty"`
	Trailer *trailerWire `json:"trailer,omitempty"`
}

// trailerWire closes a plan file: how many lines of each kind there are, the
// digest of what the plan is to do, and the SHA-256 of all bytes before.
type trailerWire struct {
	Groups   int    `json:"groups"`
	Changes  int    `json:"changes"`
	Holds    int    `json:"holds"`
	Held     int    `json:"held"`
	Findings int    `json:"findings"`
	Digest   string `json:"digest"`
	Checksum string `json:"checksum"`
}

// trailer counts the plan; the checksum is for whoever has the bytes.
func (p *Plan) trailer() trailerWire {
	t := trailerWire{
		Groups: len(p.Groups), Changes: len(p.Changes), Holds: len(p.Holds), Findings: len(p.Findings),
		Digest: p.Digest(),
	}
	for i := range p.Holds {
		t.Held += len(p.Holds[i].Changes)
	}
	return t
}

// fileWriter writes lines and sums them up.
type fileWriter struct {
	out *bufio.Writer
	enc *encoder
	sum hash.Hash
}

// Write writes the plan as a file that [Read] reads: JSON Lines, from a header to
// a trailer. Equal plans give equal bytes. What the next run is to remember is no
// part of it. A plan that Read would refuse, or would read as another one, is an
// error; so w may then have been given the beginning of a file, which Read refuses
// too.
func Write(w io.Writer, p *Plan) error {
	if _, err := p.checkIDs(); err != nil {
		return err
	}
	f := &fileWriter{out: bufio.NewWriterSize(w, 64<<10), enc: newEncoder(), sum: sha256.New()}
	if err := f.plan(p); err != nil {
		return err
	}
	trailer := p.trailer()
	trailer.Checksum = digestText(f.sum)
	if err := f.line(&lineWire{Trailer: &trailer}); err != nil {
		return err
	}
	return f.out.Flush()
}

// plan writes all lines but the trailer.
func (f *fileWriter) plan(p *Plan) error {
	header, err := p.Header.wire()
	if err != nil {
		return err
	}
	if err := f.line(&lineWire{Header: &header}); err != nil {
		return err
	}
	for i := range p.Groups {
		w := p.Groups[i].wire()
		if err := f.line(&lineWire{Group: &w}); err != nil {
			return err
		}
	}
	for i := range p.Changes {
		w := p.Changes[i].wire()
		if err := f.change(&p.Changes[i], &lineWire{Change: &w}); err != nil {
			return err
		}
	}
	for i := range p.Holds {
		if err := f.hold(&p.Holds[i]); err != nil {
			return err
		}
	}
	for i := range p.Findings {
		w := p.Findings[i].wire()
		if _, err := w.finding(); err != nil {
			return err
		}
		if err := f.line(&lineWire{Finding: &w}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileWriter) hold(h *Hold) error {
	w := h.wire()
	back, err := w.hold()
	if err != nil {
		return err
	}
	if !back.Acknowledged.Until.Equal(h.Acknowledged.Until) {
		return fmt.Errorf("acknowledged_until: %s is not a time in UTC and in whole seconds", h.Acknowledged.Until)
	}
	if !back.Since.Equal(h.Since) {
		return fmt.Errorf("since: %s is not a time in UTC and in whole seconds", h.Since)
	}
	if err := f.line(&lineWire{Hold: &w}); err != nil {
		return err
	}
	for i := range h.Changes {
		w := h.Changes[i].wire()
		if err := f.change(&h.Changes[i], &lineWire{Held: &w}); err != nil {
			return err
		}
	}
	return nil
}

func (f *fileWriter) change(c *Change, w *lineWire) error {
	if err := c.check(); err != nil {
		return err
	}
	return f.line(w)
}

func (f *fileWriter) line(w *lineWire) error {
	line, err := f.enc.textLine(w)
	if err != nil {
		return err
	}
	if len(line) > maxLine {
		return fmt.Errorf("a line of %d bytes is more than the %d that a plan may have: %.100s…", len(line), maxLine, line)
	}
	f.sum.Write(line)
	_, err = f.out.Write(line)
	return err
}
