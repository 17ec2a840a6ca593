package csv

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source"
)

const (
	// checkEvery is how many rows are read between two looks at the context.
	checkEvery = 4096
	// maxReasons is how many faults of rows are kept for one group.
	maxReasons = 20
)

// reader is one read of all files of a source.
type reader struct {
	current
	config   Config
	files    int // that were begun
	builder  *source.Builder
	problems problems
	notes    notes
	// groups and people find what is known by the field just as the file spells
	// it, so that a row that says nothing new allocates nothing that stays.
	groups  map[string]*fileGroup
	people  map[string]person
	table   groupTable
	badRows map[source.GroupIndex]int
	bound   boxIDs
}

// current is what is known of the file that is being read.
type current struct {
	in        *input
	csv       *stdcsv.Reader
	attempts  []attempt         // to read the header
	at        [columnCount]int  // the field of each column, or -1
	endLine   int               // where the last field of the last row begins
	lastGroup source.GroupIndex // of the last row that had one
	inGroup   bool              // there was such a row
	says      describing        // what the last row says of its group
	misread   int               // how many names look as if they were read in another code page
}

type person struct {
	index source.PersonIndex
	named bool
}

func newReader(config Config) *reader {
	return &reader{
		config: config,
		builder: source.NewBuilder(source.Evidence{
			Name: config.Name, Kind: "csv", Origin: config.origin(), GroupsComplete: true,
		}),
		groups:  map[string]*fileGroup{},
		people:  map[string]person{},
		table:   newGroupTable(),
		badRows: map[source.GroupIndex]int{},
		bound:   newBoxIDs(),
	}
}

// file reads the next file, and reports whether it came to its end. Faults in the
// file are collected; an error is that it could not be read.
func (r *reader) file(ctx context.Context, in *input) (whole bool, err error) {
	r.files++
	r.builder.File(in.name)
	r.begin(in)
	before := r.problems.total
	if err := r.header(); err != nil || r.problems.total > before {
		return false, err
	}
	if r.config.Columns.Role != "" && r.at[roleColumn] < 0 {
		r.note(fmt.Sprintf("no column %q: every role is %s", r.config.Columns.Role, r.config.DefaultRole))
	}
	if whole, err = r.rows(ctx); !whole || err != nil {
		return false, err
	}
	if in.end != '\n' {
		r.mayBeCut()
	}
	r.described()
	return true, nil
}

// begin makes the file the current one.
func (r *reader) begin(in *input) {
	r.current = current{in: in, csv: stdcsv.NewReader(in.text)}
	r.csv.ReuseRecord = true
	r.bound.last = nil
}

func (r *reader) note(text string) { r.notes.add(text, r.in.name) }

// rows reads what follows the header.
func (r *reader) rows(ctx context.Context) (whole bool, err error) {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		r.in.limit.nextRecord()
		record, err := r.csv.Read()
		switch {
		case err == nil, errors.Is(err, stdcsv.ErrFieldCount):
			r.endLine, _ = r.csv.FieldPos(len(record) - 1)
			r.row(record)
		case errors.Is(err, io.EOF):
			return true, nil
		default:
			return false, r.readFault(err)
		}
	}
}

// row takes in one row. Of several faults only the first is reported. A row of
// blank fields, however many, says nothing: Excel writes such rows at the end.
func (r *reader) row(record []string) {
	r.described()
	r.bound.last = nil
	if !slices.ContainsFunc(record, notBlank) {
		return
	}
	if len(record) != r.csv.FieldsPerRecord {
		r.problem(0, fmt.Errorf("the row has %s and the header has %d; is a field with a %q in it not quoted?",
			fields(len(record)), r.csv.FieldsPerRecord, r.csv.Comma))
		return
	}
	if i, fault := r.textFault(record); fault != nil {
		r.problem(i, fault)
		return
	}
	group, column, fault := r.group(record)
	if fault != nil {
		r.problem(r.at[column], fault)
		return
	}
	r.lastGroup, r.inGroup = group, true
	if fault := r.bind(group, record); fault != nil {
		r.problem(r.at[boxIDColumn], fault)
		return
	}
	if fault := r.describe(group, record); fault != nil {
		r.badRow(group, descriptionColumn, fault)
		return
	}
	if !notBlank(record[r.at[loginColumn]]) {
		if !r.declares(record) {
			r.badRow(group, loginColumn, errors.New("somebody without a login; a row that declares a group has nothing else in it"))
		}
		return
	}
	role := r.config.DefaultRole
	if word := r.field(record, roleColumn); word != "" {
		if role, fault = source.ParseRole(word); fault != nil {
			r.badRow(group, roleColumn, fault)
			return
		}
	}
	who, fault := r.person(record[r.at[loginColumn]], r.field(record, nameColumn))
	if fault != nil {
		r.badRow(group, loginColumn, fault)
		return
	}
	line, _ := r.csv.FieldPos(0)
	r.builder.Add(group, who, role, line)
}

// declares reports whether a row without a login has nothing but its group, and
// that group's ids and description. The columns that nobody configured count: whatever is in
// them is about somebody, whom the row would otherwise make look like one who
// has left.
func (r *reader) declares(record []string) bool {
	for i, field := range record {
		if i != r.at[groupColumn] && i != r.at[sourceIDColumn] && i != r.at[descriptionColumn] && i != r.at[boxIDColumn] && notBlank(field) {
			return false
		}
	}
	return true
}

func notBlank(field string) bool { return strings.TrimSpace(field) != "" }

// field returns the trimmed field of a column that may be missing.
func (r *reader) field(record []string, column int) string {
	if r.at[column] < 0 {
		return ""
	}
	return strings.TrimSpace(record[r.at[column]])
}

// group returns the group of a row. A fault comes with the column that it is
// about.
func (r *reader) group(record []string) (group source.GroupIndex, column int, fault error) {
	field, sourceID := record[r.at[groupColumn]], r.field(record, sourceIDColumn)
	if g, ok := r.groups[field]; ok && g.sourceID == sourceID {
		return g.index, groupColumn, nil
	}
	name := norm.NFC.String(strings.TrimSpace(field))
	if name == "" {
		return 0, groupColumn, errors.New("a row without a group; complete it or delete it")
	}
	if err := source.CheckName("group name", name); err != nil {
		return 0, groupColumn, err
	}
	sourceID = norm.NFC.String(sourceID)
	if err := source.CheckName("source_id", sourceID); err != nil {
		return 0, sourceIDColumn, err
	}
	at := r.position()
	g, isNew, err := r.table.find(name, sourceID, at)
	if err != nil {
		return 0, sourceIDColumn, err
	}
	if isNew {
		g.index = r.builder.Group(g.id(), g.name, at.String())
		r.looksMisread(r.at[groupColumn], name)
	}
	r.groups[strings.Clone(field)] = g
	return g.index, groupColumn, nil
}

func (r *reader) person(field, name string) (source.PersonIndex, error) {
	known, ok := r.people[field]
	if ok && (known.named || name == "") {
		return known.index, nil
	}
	if !ok {
		if err := loginFault(strings.TrimSpace(field)); err != nil {
			return 0, err
		}
		r.looksMisread(r.at[loginColumn], field)
		field = strings.Clone(field)
	}
	login := source.NewLogin(norm.NFC.String(field))
	p := person{index: r.builder.Person(login.Key(), strings.Clone(name), login), named: name != ""}
	r.people[field] = p
	return p.index, nil
}

// badRow leaves a row out, because of a fault that is its own.
func (r *reader) badRow(group source.GroupIndex, column int, fault error) {
	if r.config.FailOnBadRow {
		r.problem(r.at[column], fault)
		return
	}
	if r.badRows[group]++; r.badRows[group] <= maxReasons {
		r.builder.Partial(group, r.positioned(r.at[column], fault).Error())
	}
}

// mayBeCut takes in that the file does not end in a line end. Some programs end
// their exports so; so does a copy that broke off within a row. The row may be
// shorter than it was, and its group may have had others behind it. A description
// in it may be half a one, and does not count.
func (r *reader) mayBeCut() {
	r.says = describing{}
	r.note("the last line has no line end")
	if r.bound.last != nil {
		r.problems.add(r.bound.last)
	}
	if r.inGroup {
		r.builder.Partial(r.lastGroup, source.Position{File: r.in.name, Line: r.endLine}.String()+
			": the last line has no line end, so the file may be cut off; end it with one")
	}
}

// roster builds the roster, and returns it if it is what the configuration
// expects.
func (r *reader) roster() (*source.Roster, error) {
	for group, count := range r.badRows {
		if more := count - maxReasons; more > 0 {
			r.builder.Partial(group, fmt.Sprintf("%s: faults in %d more rows of the group", r.config.origin(), more))
		}
	}
	for _, note := range r.notes.list(r.files) {
		r.builder.Note(note)
	}
	roster := r.builder.Build()
	if r.config.FailOnBadRow {
		// Rows that contradict each other are found by the builder only.
		for _, fault := range r.builder.Contradictions() {
			r.problems.add(fault)
		}
		if err := r.problems.err(); err != nil {
			return nil, err
		}
	}
	have := roster.Evidence()[0]
	if have.Groups < r.config.MinGroups || have.Memberships < r.config.MinMemberships {
		return nil, fmt.Errorf("%w: %s has %d groups and %d memberships, and at least %d and %d are expected; "+
			"check that the export is whole, or lower sources.%s.expect", source.ErrIncomplete, r.config.origin(),
			have.Groups, have.Memberships, r.config.MinGroups, r.config.MinMemberships, r.config.Name)
	}
	return roster, nil
}
