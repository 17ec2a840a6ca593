package csv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const saveAsUTF8 = `save it as "CSV UTF-8"`

const (
	markUTF8    = "\xef\xbb\xbf"
	markUTF16LE = "\xff\xfe"
	markUTF16BE = "\xfe\xff"
)

// decode returns the text without its mark. UTF-8 is passed through as it is:
// what is none is found in the fields, where its place is known.
func (in *input) decode(plain *bufio.Reader) (io.Reader, error) {
	mark, _ := plain.Peek(len(markUTF8)) // an error is met again by the first real read
	skip, order := 0, binary.ByteOrder(nil)
	switch {
	case string(mark) == markUTF8:
		skip = len(markUTF8)
	case len(mark) >= 2 && string(mark[:2]) == markUTF16LE:
		skip, order = 2, binary.LittleEndian
	case len(mark) >= 2 && string(mark[:2]) == markUTF16BE:
		skip, order = 2, binary.BigEndian
	}
	if _, err := plain.Discard(skip); err != nil {
		return nil, in.named(err)
	}
	if order != nil {
		return &utf16Text{in: in, bytes: plain, order: order, line: 1}, nil
	}
	if head, _ := plain.Peek(1024); skip == 0 && looksUTF16(head) {
		return nil, in.whole(errors.New("the file is UTF-16 without a byte order mark, so that its bytes have no certain order; " + saveAsUTF8))
	}
	return plain, nil
}

// looksUTF16 reports whether the zero bytes are all at even places, or all at odd
// ones. A damaged file has them anywhere.
func looksUTF16(head []byte) bool {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	return zeros[0]+zeros[1] >= 2 && (zeros[0] == 0 || zeros[1] == 0)
}

// utf16Text decodes UTF-16. It is stricter than others are: what is none is an
// error, and not the replacement character, behind which two logins are one.
type utf16Text struct {
	in    *input
	bytes *bufio.Reader
	order binary.ByteOrder
	line  int
	lead  rune // the first half of a pair, whose second half is to come
	text  []byte
	rest  []byte // of the text, not yet taken
	err   error
}

func (u *utf16Text) Read(p []byte) (int, error) {
	for len(u.rest) == 0 && u.err == nil {
		u.text = u.text[:0]
		u.err = u.next()
		u.rest = u.text
	}
	n := copy(p, u.rest)
	u.rest = u.rest[n:]
	if n > 0 {
		return n, nil
	}
	return 0, u.err
}

// next decodes another block.
func (u *utf16Text) next() error {
	block, err := u.bytes.Peek(bufferSize / 4)
	if len(block) < 2 {
		if (len(block) == 1 || u.lead != 0) && errors.Is(err, io.EOF) {
			return u.in.at(u.line, errors.New("the file ends in the middle of a character of UTF-16; is it cut off? copy or export it again"))
		}
		return err
	}
	block = block[:len(block)&^1]
	for i := 0; i < len(block); i += 2 {
		if err := u.unit(rune(u.order.Uint16(block[i:]))); err != nil {
			return err
		}
	}
	_, err = u.bytes.Discard(len(block))
	return err
}

// unit takes in a character, or half of one.
func (u *utf16Text) unit(r rune) error {
	lead := u.lead
	u.lead = 0
	switch {
	case !utf16.IsSurrogate(r) && lead == 0:
		if r == '\n' {
			u.line++
		}
	case lead == 0 && r < 0xdc00:
		u.lead = r
		return nil
	default:
		if r = utf16.DecodeRune(lead, r); r == utf8.RuneError {
			return u.in.at(u.line, fmt.Errorf("half a character, which is not UTF-16: the file is damaged; %s", saveAsUTF8))
		}
	}
	u.text = utf8.AppendRune(u.text, r)
	return nil
}
