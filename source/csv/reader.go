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

// reader is one read of one file.
type reader struct {
	config   Config
	csv      *stdcsv.Reader
	limit    *recordLimit
	at       [columnCount]int // the field of each column, or -1
	builder  *source.Builder  // made once the header is read
	problems problems
	endLine  int // where the last field of the last row begins
	// groups and people find what is known by the field just as the file spells
	// it, so that a row that says nothing new allocates nothing that stays.
	groups    map[string]*fileGroup
	people    map[string]person
	table     groupTable
	lastGroup source.GroupIndex // of the last row that had one
	inGroup   bool              // there was such a row
	says      describing        // what the last row says of its group
	badRows   map[source.GroupIndex]int
	bound     boxIDs
}

type person struct {
	index source.PersonIndex
	named bool
}

func newReader(config Config, in io.Reader, limit *recordLimit) *reader {
	r := &reader{
		config:  config,
		csv:     stdcsv.NewReader(in),
		limit:   limit,
		groups:  map[string]*fileGroup{},
		people:  map[string]person{},
		table:   newGroupTable(),
		badRows: map[source.GroupIndex]int{},
		bound:   newBoxIDs(),
	}
	r.csv.Comma = config.Delimiter
	r.csv.ReuseRecord = true
	return r
}

// evidence is what is known once the header is read.
func (r *reader) evidence() source.Evidence {
	e := source.Evidence{Name: r.config.Name, Kind: "csv", Origin: r.config.Path, GroupsComplete: true}
	if r.config.Columns.Role != "" && r.at[roleColumn] < 0 {
		e.Notes = append(e.Notes, fmt.Sprintf("no column %q: every role is %s", r.config.Columns.Role, r.config.DefaultRole))
	}
	return e
}

// rows reads what follows the header.
func (r *reader) rows(ctx context.Context) error {
	r.builder = source.NewBuilder(r.evidence())
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.limit.nextRecord()
		record, err := r.csv.Read()
		switch {
		case err == nil, errors.Is(err, stdcsv.ErrFieldCount):
			r.endLine, _ = r.csv.FieldPos(len(record) - 1)
			r.row(record)
		case errors.Is(err, io.EOF):
			return r.problems.err()
		default:
			if err := r.readFault(err); err != nil {
				return err
			}
			return r.problems.err()
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
		r.problem(0, fmt.Errorf("the row has %d fields and the header has %d; is a field with a %q in it not quoted?",
			len(record), r.csv.FieldsPerRecord, r.config.Delimiter))
		return
	}
	for i, field := range record {
		if fault := textFault(field); fault != nil {
			r.problem(i, fault)
			return
		}
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
	line, _ := r.csv.FieldPos(0)
	g, isNew, err := r.table.find(name, sourceID, line)
	if err != nil {
		return 0, sourceIDColumn, err
	}
	if isNew {
		g.index = r.builder.Group(g.id(), g.name, source.Position{File: r.config.Path, Line: line}.String())
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
	r.bound.cut = r.bound.last
	r.builder.Note("the last line has no line end")
	if r.inGroup {
		r.builder.Partial(r.lastGroup, source.Position{File: r.config.Path, Line: r.endLine}.String()+
			": the last line has no line end, so the file may be cut off; end it with one")
	}
}

// roster builds the roster, and returns it if it is what the configuration
// expects.
func (r *reader) roster() (*source.Roster, error) {
	if r.bound.cut != nil {
		return nil, r.bound.cut
	}
	for group, count := range r.badRows {
		if more := count - maxReasons; more > 0 {
			r.builder.Partial(group, fmt.Sprintf("%s: faults in %d more rows of the group", r.config.Path, more))
		}
	}
	r.described()
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
			"check that the export is whole, or lower sources.%s.expect", source.ErrIncomplete, r.config.Path,
			have.Groups, have.Memberships, r.config.MinGroups, r.config.MinMemberships, r.config.Name)
	}
	return roster, nil
}
