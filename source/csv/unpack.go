package csv

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxUnpacked is how much a gzip file may hold: twenty times the largest roster
// that this program is made for. A few kilobytes can unpack to any size.
const maxUnpacked = 1 << 30

const gzipMagic = "\x1f\x8b"

// foreign are the first bytes of files that people take for a CSV, what to call
// them, and what to do.
func foreign() map[string][2]string {
	const unpack = "unpack it, or compress it with gzip"
	page := [2]string{"a web page", "was it downloaded without being logged in?"}
	return map[string][2]string{
		"PK\x03\x04":       {"an Excel workbook or a zip archive", saveAsUTF8},
		"\xd0\xcf\x11\xe0": {"an old Excel workbook", saveAsUTF8},
		"\x28\xb5\x2f\xfd": {"compressed with zstd", unpack},
		"BZh91AY&SY":       {"compressed with bzip2", unpack},
		"\xfd7zXZ":         {"compressed with xz", unpack},
		gzipMagic:          {"compressed with gzip twice", "unpack it once"},
		"%PDF-":            {"a PDF", "export it as a CSV"},
		"<!DOCTYPE":        page,
		"<!doctype":        page,
		"<html":            page,
		"\xff\xfe\x00\x00": {"UTF-32", saveAsUTF8},
		"\x00\x00\xfe\xff": {"UTF-32", saveAsUTF8},
	}
}

// unpack returns what a gzip file holds, and any other file as it is. What the
// file is called does not count, but a file that is called .gz must be one.
func (in *input) unpack(packed *bufio.Reader) (*bufio.Reader, error) {
	// An error here is met again, and reported, by the first real read.
	magic, _ := packed.Peek(len(gzipMagic))
	if string(magic) != gzipMagic {
		if strings.HasSuffix(strings.ToLower(in.name), ".gz") {
			return nil, errors.New("the name ends in .gz, and the file is not compressed with gzip; is it whole? if so, rename it")
		}
		return packed, nil
	}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, in.gzipFault(err)
	}
	return bufio.NewReaderSize(&unpacked{in: in, z: z, left: in.maxUnpacked}, bufferSize), nil
}

// unpacked is what comes out of a gzip file, up to a limit.
type unpacked struct {
	in   *input
	z    *gzip.Reader
	left int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if u.left -= int64(n); u.left < 0 {
		return 0, fmt.Errorf("the gzip file unpacks to more than %d MiB, the most that is read of one; split it into several", u.in.maxUnpacked>>20)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = u.in.gzipFault(err)
	}
	return n, err
}

// gzipFault says what a fault of a gzip file means. An error of reading the file
// itself is left as it is.
func (in *input) gzipFault(err error) error {
	const again = "copy or export it again"
	switch {
	case in.unread != nil:
		return in.unread
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("the gzip file is cut off; " + again)
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("the gzip file is damaged: what is in it does not have its checksum; " + again)
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("something that is not gzip follows in the gzip file; " + again)
	default:
		return fmt.Errorf("the gzip file is damaged (%w); %s", err, again)
	}
}

// recognise says what a file is that is no text at all.
func recognise(in *bufio.Reader) error {
	head, _ := in.Peek(32)
	for magic, what := range foreign() {
		if bytes.HasPrefix(head, []byte(magic)) {
			return fmt.Errorf("the file is %s, and not a CSV; %s", what[0], what[1])
		}
	}
	return nil
}
