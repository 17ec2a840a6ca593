package source

import (
	"fmt"
	"strings"
	"unicode"
)

// NewDescription returns a group's description as one line of text: without the
// blanks around it, and with one blank for each line break or tab. It fails on
// any other control character. Whether the text is too long is for the plan to
// say.
func NewDescription(text string) (string, error) {
	var parts []string
	for part := range strings.FieldsFuncSeq(text, breaks) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	line := strings.Join(parts, " ")
	if i := strings.IndexFunc(line, unicode.IsControl); i >= 0 {
		return "", fmt.Errorf("the description has the control character %U in it; take it out", []rune(line[i:])[0])
	}
	return line, nil
}

// breaks reports whether a character ends a line, or moves on within it.
func breaks(r rune) bool { return strings.ContainsRune("\t\n\v\f\r\u0085\u2028\u2029", r) }

// described is a description and the line that says so.
type described struct {
	text string
	line uint32 // its number
	// fault says that another line says otherwise.
	fault error
}

// Describe notes a group's description; "" says nothing. It need be said once,
// and saying it again changes nothing. A group with two different ones counts as
// not described, and [Builder.Build] marks it partial, as it does where roles
// contradict each other. line is where the source says so, from 1, or 0 where
// there are no lines.
func (b *Builder) Describe(g GroupIndex, text string, line int) {
	d := &b.groups[g].described
	switch {
	case text == "" || d.fault != nil || d.text == text:
	case d.text == "":
		d.text, d.line = strings.Clone(text), b.places.number(line)
	default:
		d.fault = b.contradicts("the group has another description than", line, d.line)
	}
}

// contradicts is the fault of a line that says otherwise than an earlier one.
func (b *Builder) contradicts(what string, line int, earlier uint32) error {
	if line == 0 {
		return fmt.Errorf("%s was said before", what)
	}
	here := b.place(b.places.number(line))
	return &PositionError{Position: here, Err: fmt.Errorf("%s in %s", what, b.place(earlier).From(here))}
}

// settle gives the group its description, if there is one that nothing
// contradicts.
func (d *described) settle(b *Builder, g *Group) {
	if d.fault == nil {
		g.Description = d.text
		return
	}
	b.contradictions = append(b.contradictions, d.fault)
	g.Partial = append(g.Partial, d.fault.Error())
}
