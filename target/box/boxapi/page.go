package boxapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// MaxLimit is the most rows that Box puts on a page of any list here.
const MaxLimit = 1000

// OffsetCeiling is the first offset that is never sent. Box's guide ends
// offsets at 9999 and its specification at 10000; the lower one is safe.
const OffsetCeiling = 10000

// ErrOffsetCeiling says that a list has rows that no offset can reach. What was
// listed is not the whole.
var ErrOffsetCeiling = fmt.Errorf("the list goes on beyond offset %d, where Box's lists end", OffsetCeiling)

// ListOptions choose a part of a list.
type ListOptions struct {
	Limit  int // rows a page, at most MaxLimit; 0 or more than MaxLimit means MaxLimit
	Offset int // rows to skip, below OffsetCeiling
}

// Page is one answer of a list.
//
// It may have fewer rows than its limit, even none, with more pages to come.
type Page[T any] struct {
	// TotalCount is one more than the offset of the last row, hidden rows
	// included: good for knowing when to stop, not for counting. 0 by marker.
	TotalCount int
	Limit      int // the limit that Box used; 0 when it named none
	Offset     int // the offset that was asked for, whatever the answer said
	// NextMarker asks for the next page of a list read by marker; "" ends it.
	// Markers are short-lived: do not store them.
	NextMarker string
	Entries    []T
}

// NextOffset returns the offset of the page that follows: the one asked for
// plus the limit that Box says it used. Where Box named none, the limit that
// was asked for counts, and so it does where Box claims a larger one, since a
// row read twice is harmless and a row skipped is not. The result is always
// greater than p.Offset.
func (p Page[T]) NextOffset(requestedLimit int) int {
	step := pageLimit(requestedLimit)
	if p.Limit > 0 {
		step = min(step, p.Limit)
	}
	return p.Offset + step
}

// HasMore says whether the list goes on after a page that was read by offset.
// A page with rows beyond its own total contradicts itself (seen in 2015), so
// the list then counts as finished only by a page without rows.
func (p Page[T]) HasMore(requestedLimit int) bool {
	if p.Offset+len(p.Entries) > p.TotalCount && len(p.Entries) > 0 {
		return true
	}
	return p.NextOffset(requestedLimit) < p.TotalCount
}

// UnmarshalJSON reads a page as Box sends it. Entries may be an object keyed by
// index instead of an array (box-python-sdk#75), numbers may be strings, and a
// field of an entry may be of an unexpected type: see "Odd answers" in the
// package comment. An answer without entries, or with two of them, is an error
// and not an empty page: taking it for one would turn a fault into "nobody is in
// this group".
func (p *Page[T]) UnmarshalJSON(data []byte) error {
	page, err := decodePage[T](data)
	if err != nil {
		return err
	}
	*p = page
	return nil
}

// decodePage reads what [Page.UnmarshalJSON] describes.
func decodePage[T any](data []byte) (Page[T], error) {
	var p struct {
		TotalCount sole `json:"total_count"`
		Limit      sole `json:"limit"`
		Offset     sole `json:"offset"`
		NextMarker sole `json:"next_marker"`
		Entries    sole `json:"entries"`
	}
	if err := json.Unmarshal(data, &p); err != nil {
		return Page[T]{}, fmt.Errorf("page: %w", err)
	}
	rows, err := decodeRows[T](p.Entries)
	if err != nil {
		return Page[T]{}, fmt.Errorf("page: %w", err)
	}
	total, err1 := count(p.TotalCount)
	limit, err2 := count(p.Limit)
	offset, err3 := count(p.Offset)
	next, err4 := marker(p.NextMarker)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return Page[T]{}, fmt.Errorf("page: %w", err)
	}
	return Page[T]{TotalCount: total, Limit: limit, Offset: offset, NextMarker: next, Entries: rows}, nil
}

// count reads a number of rows, as a number or a string; what is absent or
// negative is none.
func count(raw sole) (int, error) {
	if raw.null() || string(raw) == `""` {
		return 0, nil
	}
	i, err := strconv.Atoi(string(bytes.Trim(raw, `"`)))
	if err != nil {
		return 0, fmt.Errorf("not a count: %s", clip(string(raw)))
	}
	return max(i, 0), nil
}

// marker reads the marker of the page that follows. One that cannot be used is
// an error: taking it for none would end the list too early.
func marker(raw sole) (string, error) {
	text := scalar(json.RawMessage(raw))
	if text == "" && !raw.null() && string(raw) != `""` {
		return "", fmt.Errorf("not a marker: %s", clip(string(raw)))
	}
	return text, nil
}

// byIndex orders the keys "4", "7", "10" as the numbers that they are.
func byIndex(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), bytes.Compare([]byte(a), []byte(b)))
}

// pageLimit returns the limit that is sent for the one that a caller gave.
func pageLimit(limit int) int {
	if limit <= 0 {
		return MaxLimit
	}
	return min(limit, MaxLimit)
}
