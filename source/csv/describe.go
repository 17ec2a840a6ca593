package csv

import (
	"fmt"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source"
)

// describing is what a row says of its group. It counts once it is clear that the
// row was read to its end.
type describing struct {
	group source.GroupIndex
	text  string
	line  int
}

// describe takes in the description that a row gives of its group.
func (r *reader) describe(group source.GroupIndex, record []string) error {
	field := r.field(record, descriptionColumn)
	if field == "" {
		return nil
	}
	text, fault := source.NewDescription(norm.NFC.String(field))
	if fault != nil {
		return fault
	}
	line, _ := r.csv.FieldPos(0)
	r.says = describing{group, text, line}
	return nil
}

// described ends the row before: what it says of its group counts.
func (r *reader) described() {
	if r.says.text != "" {
		r.builder.Describe(r.says.group, r.says.text, r.says.line)
	}
	r.says = describing{}
}

// descriptionFault is what a file cannot hold of a description: whatever would be
// read as another text.
func descriptionFault(text string) error {
	if err := composedFault("description", text); err != nil {
		return err
	}
	switch read, err := source.NewDescription(text); {
	case err != nil:
		return err
	case read != text:
		return fmt.Errorf("the description %q has a line break or a tab in it, in the place of which a blank would be read", text)
	default:
		return nil
	}
}

// describe takes in what is to be written of the group.
func (g *fileGroup) describe(text string) error {
	switch {
	case text == "" || text == g.description:
	case g.description == "":
		g.description = text
	default:
		return fmt.Errorf("the group %q has another description than before", g.name)
	}
	return nil
}
