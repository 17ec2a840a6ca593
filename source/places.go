package source

import (
	"fmt"
	"slices"
)

// places numbers the lines of all files of a source in one row, so that a
// membership remembers its line and its file in one small number.
type places struct {
	files []string
	base  []uint32 // the numbers up to here are lines of the files before
	last  uint32   // the largest number so far
}

// File says that the lines told from now on are lines of the file. It is for a
// source of several files; the lines of a source that has but one are those of
// its [Evidence.Origin].
func (b *Builder) File(name string) {
	b.places.files = append(b.places.files, name)
	b.places.base = append(b.places.base, b.places.last)
}

// number returns the number of a line of the current file, and 0 for no line.
func (p *places) number(line int) uint32 {
	if line == 0 {
		return 0
	}
	n := uint32(line)
	if len(p.base) > 0 {
		n += p.base[len(p.base)-1]
	}
	p.last = max(p.last, n)
	return n
}

// place returns where the line of a number is.
func (b *Builder) place(number uint32) Position {
	i, _ := slices.BinarySearch(b.places.base, number)
	if i == 0 {
		return Position{File: b.evidence.Origin, Line: int(number)}
	}
	return Position{File: b.places.files[i-1], Line: int(number - b.places.base[i-1])}
}

// From returns the position for a reader who looks at another one: a line of the
// same file needs no file.
func (p Position) From(other Position) string {
	if p.File == other.File && p.Line > 0 {
		return fmt.Sprintf("line %d", p.Line)
	}
	return p.String()
}
