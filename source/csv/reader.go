package csv

import (
	"context"
	stdcsv "encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
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
	leftOut problems // the same rows, of all groups
	bound   boxIDs
	unended []unended
}

// current is what is known of the file that is being read.
type current struct {
	in        *input
	csv       *stdcsv.Reader
	attempts  []attempt        // to read the header
	at        [columnCount]int // the field of each column, or -1
	line      int              // where the last row begins
	endLine   int              // where the last field of the last row begins
	lastGroup *fileGroup       // of the last row that had one; nil: none had
	atHand    *fileGroup       // of the row at hand; nil: it has none
	says      describing       // what the last row says of its group
	misread   int              // how many names look as if they were read in another code page
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
			r.line, _ = r.csv.FieldPos(0)
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
	r.bound.last, r.atHand = nil, nil
	if !slices.ContainsFunc(record, notBlank) {
		return
	}
	if len(record) != r.csv.FieldsPerRecord {
		r.problem(0, fieldsFault(len(record), r.csv.FieldsPerRecord, r.csv.Comma))
		return
	}
	if i, fault := r.textFault(record); fault != nil {
		r.problem(i, fault)
		return
	}
	if r.headerAgain(record) {
		r.problem(0, errors.New("the header row again: were several files joined into one? keep them apart, and name them by a pattern such as *.csv"))
		return
	}
	g, column, fault := r.group(record)
	if fault != nil {
		r.problem(r.at[column], fault)
		return
	}
	r.lastGroup, r.atHand = g, g
	group := g.index
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
			r.badRow(group, roleColumn, fmt.Errorf(`%w; columns.role: "" leaves roles out`, fault))
			return
		}
	}
	who, fault := r.person(record[r.at[loginColumn]], r.field(record, nameColumn))
	if fault != nil {
		r.badRow(group, loginColumn, fault)
		return
	}
	r.builder.Add(group, who, role, r.line)
}

// headerAgain reports whether a row is what the header row was. Nobody's login is
// the name of a column.
func (r *reader) headerAgain(record []string) bool {
	is := func(column int, name string) bool {
		return strings.EqualFold(strings.TrimSpace(record[r.at[column]]), strings.TrimSpace(name))
	}
	return is(groupColumn, r.config.Columns.Group) && is(loginColumn, r.config.Columns.Login)
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
func (r *reader) group(record []string) (found *fileGroup, column int, fault error) {
	field, sourceID := record[r.at[groupColumn]], r.field(record, sourceIDColumn)
	if g, ok := r.groups[field]; ok && g.sourceID == sourceID {
		return g, groupColumn, nil
	}
	name := norm.NFC.String(strings.TrimSpace(field))
	if name == "" {
		return nil, groupColumn, errors.New("a row without a group; complete it or delete it")
	}
	if err := source.CheckName("group name", name); err != nil {
		return nil, groupColumn, err
	}
	sourceID = norm.NFC.String(sourceID)
	if err := source.CheckName("source_id", sourceID); err != nil {
		return nil, sourceIDColumn, err
	}
	at := r.position()
	g, isNew, err := r.table.find(name, sourceID, at)
	if err != nil {
		return nil, sourceIDColumn, err
	}
	if isNew {
		g.index = r.builder.Group(g.id(), g.name, at.String())
		r.looksMisread(r.at[groupColumn], name)
	}
	r.groups[strings.Clone(field)] = g
	return g, groupColumn, nil
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

// fieldsFault says that a row has another number of fields than the header, and
// what that usually comes from.
func fieldsFault(has, want int, delimiter rune) error {
	if has < want {
		return fmt.Errorf("the row has %d of the header's %d fields; if it is the last row, the file may be cut off", has, want)
	}
	return fmt.Errorf("the row has %d fields and the header has %d; is a field with a %q in it not quoted?", has, want, delimiter)
}

// badRow leaves a row out, because of a fault that is its own.
func (r *reader) badRow(group source.GroupIndex, column int, fault error) {
	if r.config.FailOnBadRow {
		r.problem(r.at[column], fault)
		return
	}
	r.leftOut.add(r.positioned(r.at[column], fault))
	if r.badRows[group]++; r.badRows[group] <= maxReasons {
		r.builder.Partial(group, r.positioned(r.at[column], fault).Error())
	}
}

// roster builds the roster, and returns it if it is what the configuration
// expects.
func (r *reader) roster() (*source.Roster, error) {
	if err := r.cutGroups(); err != nil {
		return nil, err
	}
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
	if err := r.tooLittle(roster.Evidence()[0]); err != nil {
		return nil, err
	}
	return roster, nil
}

// tooLittle says that there is less than is expected, if there is.
func (r *reader) tooLittle(have source.Evidence) error {
	c := r.config
	if have.Groups >= c.MinGroups && have.Memberships >= c.MinMemberships {
		return nil
	}
	comes := fmt.Sprintf("%s has %s and %s, and at least %d and %d are expected", c.origin(),
		counted(have.Groups, "group"), counted(have.Memberships, "membership"), c.MinGroups, c.MinMemberships)
	// The file has more than that where rows were left out, and it says so itself:
	// reading it again would give no more.
	if err := r.leftOut.err(); err != nil {
		return fmt.Errorf("without the rows that are wrong, %s: %w", comes, err)
	}
	return fmt.Errorf("%w: %s; check that the export is whole, or lower sources.%s.expect", source.ErrIncomplete, comes, c.Name)
}

// counted writes a number of things.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
