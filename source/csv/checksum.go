package csv

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// maxChecksums is how much of a file of digests is read.
const maxChecksums = 1 << 20

// checksums are the digests that a file of them lists, in hexadecimal digits, by
// the files' base names.
type checksums map[string]string

// readChecksums reads a file such as sha256sum writes. A fault in it is a
// [*source.PositionError], or several joined.
func (c Config) readChecksums() (checksums, error) {
	if c.ChecksumFile == "" {
		return nil, nil
	}
	// It is small, so that nobody waits for it.
	file, err := os.Open(c.ChecksumFile)
	if err != nil {
		return nil, fmt.Errorf("%w; check sources.%s.csv.checksum_file", err, c.Name)
	}
	defer func() { _ = file.Close() }() // closing what was only read loses nothing
	sums, err := parseChecksums(c.ChecksumFile, file)
	if err != nil {
		return nil, err
	}
	if len(sums) == 0 {
		return nil, fmt.Errorf("%s lists no digests; check sources.%s.csv.checksum_file", c.ChecksumFile, c.Name)
	}
	return sums, nil
}

func parseChecksums(name string, in io.Reader) (checksums, error) {
	limited := &io.LimitedReader{R: in, N: maxChecksums + 1}
	sums, lines := checksums{}, bufio.NewScanner(limited)
	var faults problems
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if n == 1 {
			line = strings.TrimPrefix(line, markUTF8) // some programs on Windows write one
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if fault := sums.add(line); fault != nil {
			faults.add(&source.PositionError{Position: source.Position{File: name, Line: n}, Err: fault})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("%s has more than %d KiB; is it a list of digests?", name, maxChecksums>>10)
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	return sums, nil
}

// add takes in a line: 64 digits, a space, a space or a star, and the name.
func (s checksums) add(line string) error {
	const digits = 64
	escaped := strings.HasPrefix(line, `\`)
	line = strings.TrimPrefix(line, `\`)
	if len(line) < digits+3 || !isDigest(line[:digits]) || line[digits] != ' ' || !strings.ContainsRune(" *", rune(line[digits+1])) {
		return errors.New("the line is not as sha256sum writes it: 64 hexadecimal digits, two spaces, and the file's name")
	}
	name := line[digits+2:]
	if escaped {
		name = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(name)
	}
	name = filepath.Base(name)
	digest := strings.ToLower(line[:digits])
	if other, known := s[name]; known && other != digest {
		return fmt.Errorf("%q has another digest in a line before", name)
	}
	s[name] = digest
	return nil
}

func isDigest(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789abcdefABCDEF", r) })
}

// known fails for a file that the list does not have. Without a list there is
// nothing to fail for.
func (s checksums) known(c Config, path string) error {
	if _, ok := s[filepath.Base(path)]; s != nil && !ok {
		return fmt.Errorf("%s has no line for %s; write the digests anew: sha256sum %s > %s",
			c.ChecksumFile, filepath.Base(path), c.Path, filepath.Base(c.ChecksumFile))
	}
	return nil
}

// match fails for a file that is not the one that the list means.
func (s checksums) match(c Config, path, digest string) error {
	const shown = 12
	want, ok := s[filepath.Base(path)]
	if !ok || want == digest {
		return nil
	}
	return fmt.Errorf("%s is not the file that %s lists: its SHA-256 is %s…, and %s… is listed; copy both again",
		path, c.ChecksumFile, digest[:shown], want[:shown])
}
