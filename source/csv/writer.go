package csv

import (
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source"
)

// Row is one row of a file that a [Writer] writes: a membership, or, without a
// login, role and name, the declaration of a group.
type Row struct {
	Group string
	Login string
	Role  source.Role // Unstated is written as nothing
	Name  string      // of the person
	// SourceID is the group's stable id, or "" where its name is that. All rows
	// of a group have the same.
	SourceID string
	// Description is the group's, on one of its rows or on several; "" says
	// nothing.
	Description string
}

// Check says why a file could not hold the row: read back, it would be refused,
// or it would say something else. It returns nil for a row that a file can hold.
func (row Row) Check() error {
	if row.Group == "" {
		return errors.New("a row without a group")
	}
	if row.Role > source.Admin {
		return fmt.Errorf("%d is no role", row.Role)
	}
	if row.Login == "" && (row.Role != source.Unstated || row.Name != "") {
		return errors.New("somebody without a login")
	}
	if err := groupTextFault("group name", row.Group); err != nil {
		return err
	}
	if err := groupTextFault("source_id", row.SourceID); err != nil {
		return err
	}
	if row.Login != "" {
		if err := composedFault("login", row.Login); err != nil {
			return err
		}
		if err := loginFault(row.Login); err != nil {
			return err
		}
	}
	if err := descriptionFault(row.Description); err != nil {
		return err
	}
	return nameFault(row.Name)
}

// groupTextFault is what a file cannot hold of what names a group.
func groupTextFault(what, text string) error {
	if err := composedFault(what, text); err != nil {
		return err
	}
	return source.CheckName(what, text)
}

// nameFault is what a file cannot hold of a display name. A line break could be
// held, but then a row would no longer be a line, for people and for grep.
func nameFault(name string) error {
	if strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("the name %q has a control character in it", name)
	}
	return plainFault("name", name)
}

// composedFault is what no field can hold that is read in Unicode's composed
// form.
func composedFault(what, text string) error {
	if err := plainFault(what, text); err != nil {
		return err
	}
	if fault := lossyFault(text); fault != nil {
		return fault
	}
	if !norm.NFC.IsNormalString(text) {
		return fmt.Errorf("the %s %q is not in Unicode's composed form, in which it would be read", what, text)
	}
	return nil
}

// plainFault is what no field can hold.
func plainFault(what, text string) error {
	switch {
	case len(text) > maxField:
		return fmt.Errorf("the %s is %d bytes long, and %d is the most", what, len(text), maxField)
	case !utf8.ValidString(text):
		return fmt.Errorf("the %s %q is not UTF-8", what, text)
	case strings.TrimSpace(text) != text:
		return fmt.Errorf("the %s %q has blanks around it, without which it would be read", what, text)
	default:
		return nil
	}
}

// Writer writes a file that a [Source] reads, in the form of [WrittenColumns]:
// UTF-8, fields with commas between them, lines that end in a line feed. What is
// read back is what was written, with two exceptions: somebody who is listed
// twice in a group is read once, and somebody with several names has the first.
//
// The file is for this program and others like it. A spreadsheet takes a field
// such as =x or +1 for a formula, which the writer does not prevent: any escape
// would become part of the name.
type Writer struct {
	csv   *stdcsv.Writer
	table groupTable
	line  int // that was written last
}

// NewWriter returns a writer to w. It writes through a buffer: a file is whole
// after [Writer.Flush] only.
func NewWriter(w io.Writer) *Writer {
	return &Writer{csv: stdcsv.NewWriter(w), table: newGroupTable()}
}

// WrittenColumns returns the columns of the files that a [Writer] writes.
func WrittenColumns() Columns {
	return Columns{
		Group: "group", Login: "login", Role: "role", Name: "name", SourceID: "source_id", Description: "description",
		RoleRequired: true,
	}
}

// Write writes a row, or refuses it and writes nothing of it: for what
// [Row.Check] says, or because its source_id or its description contradicts an earlier row.
func (w *Writer) Write(row Row) error {
	if err := row.Check(); err != nil {
		return err
	}
	return w.write(row)
}

// WriteMissing writes a row that says that somebody is in the group whom the
// file cannot name. Read back, it makes the group partial, so that nobody is
// removed from it, or the read fail ([Config.FailOnBadRow]). who tells people
// who or how many are meant, in the column of names.
func (w *Writer) WriteMissing(group, sourceID, who string) error {
	row := Row{Group: group, SourceID: sourceID}
	if err := row.Check(); err != nil {
		return err
	}
	if err := nameFault(who); err != nil || who == "" {
		return errors.Join(errors.New("nobody can be told who is missing"), err)
	}
	row.Name = who
	return w.write(row)
}

func (w *Writer) write(row Row) error {
	if err := w.header(); err != nil {
		return err
	}
	group, _, err := w.table.find(row.Group, row.SourceID, source.Position{Line: w.line + 1})
	if err != nil {
		return err
	}
	if err := group.describe(row.Description); err != nil {
		return err
	}
	role := ""
	if row.Role != source.Unstated {
		role = row.Role.String()
	}
	return w.record([writtenCount]string{
		groupColumn: row.Group, loginColumn: row.Login, roleColumn: role, nameColumn: row.Name, sourceIDColumn: row.SourceID,
		descriptionColumn: row.Description,
	})
}

// header writes the header row, once.
func (w *Writer) header() error {
	if w.line > 0 {
		return nil
	}
	var names [writtenCount]string
	columns := WrittenColumns().list()
	for i, column := range columns[:writtenCount] {
		names[i] = column.name
	}
	return w.record(names)
}

func (w *Writer) record(fields [writtenCount]string) error {
	w.line++
	return w.csv.Write(fields[:])
}

// Flush writes what is still buffered, and the header if there was no row. It
// returns the first error of writing, of whatever row it was.
func (w *Writer) Flush() error {
	if err := w.header(); err != nil {
		return err
	}
	w.csv.Flush()
	return w.csv.Error()
}
