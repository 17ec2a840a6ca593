package csv

import (
	"cmp"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source"
)

// The columns of a map file, in mapReader.at.
const (
	mapGroup = iota
	mapBox
	mapSource
	mapColumnCount
)

func mapColumns() [mapColumnCount]string {
	return [mapColumnCount]string{mapGroup: "group", mapBox: "box_group", mapSource: "source"}
}

// ReadMap reads a file that says which Box groups source groups are, and keeps the
// order of its rows.
//
//	group,box_group
//	Finance,5501
//	BOX-Legal,Legal Team
//
// The group is the source's, by name or id; the Box group is one by id, where
// there are digits only, and otherwise by name. A third column, source, names the
// source that is meant; without it, or where it is blank, all are. Other columns
// are an error: one that was misspelt would otherwise be left out without a word.
//
// Whatever is wrong with the file fails the whole of it: a [*source.PositionError],
// or several joined.
func ReadMap(path string) ([]source.MapEntry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // closing what was only read loses nothing
	return readMap(path, file)
}

// mapReader is one read of one map file.
type mapReader struct {
	file    *reader // of which the columns are not used
	at      [mapColumnCount]int
	groups  map[string]int    // lines, by source and folded group
	boxes   map[string]string // groups with their lines, by id or folded name of their Box group
	entries []source.MapEntry
}

func readMap(path string, file io.Reader) ([]source.MapEntry, error) {
	in, err := newInput(path, file, maxUnpacked)
	if err != nil {
		return nil, err
	}
	r := &mapReader{
		file: newReader(Config{Path: path}),
		at:   [mapColumnCount]int{-1, -1, -1}, groups: map[string]int{}, boxes: map[string]string{},
	}
	r.file.begin(in)
	header, err := r.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil, in.whole(errors.New(`the file is empty; it must begin with a header row with the columns "group" and "box_group"`))
	case err != nil:
		return nil, err
	}
	if err := r.columns(header); err != nil {
		return nil, err
	}
	for {
		record, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			if err := r.file.problems.err(); err != nil {
				return nil, err
			}
			return r.entries, nil
		case err != nil:
			return nil, err
		}
		r.row(record)
	}
}

// next returns the next row. An error is the end of the file, or a fault behind
// which nothing can be read.
func (r *mapReader) next() ([]string, error) {
	r.file.in.limit.nextRecord()
	record, err := r.file.csv.Read()
	parse, malformed := errors.AsType[*stdcsv.ParseError](err)
	switch {
	case r.file.in.broken != nil && err != nil:
		return nil, r.file.in.broken
	case err == nil, errors.Is(err, stdcsv.ErrFieldCount):
		r.file.endLine, _ = r.file.csv.FieldPos(len(record) - 1)
		return record, nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case errors.Is(err, errRecordTooLong):
		return nil, r.readFault(err, nil)
	case malformed:
		return nil, r.readFault(err, parse)
	default:
		return nil, err
	}
}

func (r *mapReader) readFault(err error, parse *stdcsv.ParseError) error {
	at := source.PositionError{
		Position: source.Position{File: r.file.in.name, Line: r.file.endLine},
		Err:      fmt.Errorf("%w begins after this line; is a quote not closed?", err),
	}
	if parse != nil {
		at.Position.Line, at.Position.Column = parse.Line, parse.Column
		at.Err = errors.New("a quoted field is not closed, or a quote stands inside a field; quote the whole field and write " +
			"the inner quote twice; what follows was not read")
	}
	r.file.problems.add(&at)
	return r.file.problems.err()
}

// columns finds the columns in the header row.
func (r *mapReader) columns(header []string) error {
	names := mapColumns()
	for i, name := range header {
		column := slices.Index(names[:], foldHeader(name))
		switch fault := textFault(name); {
		case fault != nil:
			r.file.problem(i, fault)
		case column < 0:
			r.file.problem(i, fmt.Errorf("the column %q is none of a map file, which has group, box_group and source, with commas between them",
				strings.TrimSpace(name)))
		case r.at[column] >= 0:
			r.file.problem(i, fmt.Errorf("the column %q is there twice; take one of them out", names[column]))
		default:
			r.at[column] = i
		}
	}
	for _, column := range []int{mapGroup, mapBox} {
		if r.at[column] < 0 && r.file.problems.total == 0 {
			r.file.problem(0, fmt.Errorf("no column %q; the first row is the header, such as group,box_group", names[column]))
		}
	}
	return r.file.problems.err()
}

// row takes in one row. Of several faults only the first is reported.
func (r *mapReader) row(record []string) {
	if !slices.ContainsFunc(record, notBlank) {
		return
	}
	if len(record) != r.file.csv.FieldsPerRecord {
		r.file.problem(0, fmt.Errorf("the row has %s and the header has %d; is a field with a comma in it not quoted?",
			fields(len(record)), r.file.csv.FieldsPerRecord))
		return
	}
	for i, field := range record {
		if fault := cmp.Or(textFault(field), lossyFault(field)); fault != nil {
			r.file.problem(i, fault)
			return
		}
	}
	line, _ := r.file.csv.FieldPos(0)
	entry := source.MapEntry{
		Group: r.field(record, mapGroup), Source: r.field(record, mapSource), Name: r.field(record, mapBox),
		Origin: source.Position{File: r.file.in.name, Line: line}.String(),
	}
	column, fault := entryFault(&entry)
	if fault == nil {
		column, fault = r.repeated(&entry, line)
	}
	if fault != nil {
		r.file.problem(r.at[column], fault)
		return
	}
	r.entries = append(r.entries, entry)
}

func (r *mapReader) field(record []string, column int) string {
	if r.at[column] < 0 {
		return ""
	}
	return strings.Clone(norm.NFC.String(strings.TrimSpace(record[r.at[column]])))
}

// entryFault reads the id of a Box group, and says what is wrong with an entry on
// its own, and in which column.
func entryFault(e *source.MapEntry) (column int, fault error) {
	if e.Group == "" {
		return mapGroup, errors.New("a row without a group; complete it or delete it")
	}
	if err := source.CheckName("group", e.Group); err != nil {
		return mapGroup, err
	}
	switch digits := strings.Trim(e.Name, "0123456789") == ""; {
	case e.Name == "":
		return mapBox, errors.New("a row without a Box group; give its id or its name, or delete the row")
	case rounded.MatchString(e.Name):
		return mapBox, roundedFault(e.Name)
	case digits:
		id, err := parseBoxID(e.Name)
		e.BoxID, e.Name = id, ""
		return mapBox, err
	default:
		return mapBox, source.CheckName("name", e.Name)
	}
}

// repeated says that an earlier row is about the same group, or the same Box
// group.
func (r *mapReader) repeated(e *source.MapEntry, line int) (column int, fault error) {
	group := e.Source + "\x00" + source.FoldName(e.Group)
	if first, twice := r.groups[group]; twice {
		return mapGroup, fmt.Errorf("the group %q is in line %d already; it is one Box group", e.Group, first)
	}
	r.groups[group] = line
	box := "name " + source.FoldName(e.Name)
	if e.BoxID != 0 {
		box = fmt.Sprint("id ", e.BoxID)
	}
	if other, twice := r.boxes[box]; twice {
		return mapBox, fmt.Errorf("the Box group is that of %s already; a Box group is one group", other)
	}
	r.boxes[box] = fmt.Sprintf("%q in line %d", e.Group, line)
	return 0, nil
}
