package plan

import "fmt"

// ofLeavers says how many of the changes counted are removals of people who have
// left; it is empty where none is. Those count for the limits as others do, and
// whoever reads why a limit was passed is to see that they are what passed it.
func ofLeavers(changes []Change, counted func(*Change) bool) string {
	n := 0
	for i := range changes {
		if c := &changes[i]; c.Cause == Left && counted(c) {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d of people who have left)", n)
}

// CauseCount is how many removals have one cause.
type CauseCount struct {
	Cause Cause
	Count int
}

// Removals counts the plan's removals by their causes, those that nothing explains
// first. What is held is not among them.
func (p *Plan) Removals() []CauseCount {
	counts := []CauseCount{{Cause: Unexplained}, {Cause: Moved}, {Cause: Left}, {Cause: Asked}}
	for i := range p.Changes {
		for j := range counts {
			if p.Changes[i].Kind == Remove && p.Changes[i].Cause == counts[j].Cause {
				counts[j].Count++
			}
		}
	}
	out := counts[:0]
	for _, c := range counts {
		if c.Count > 0 {
			out = append(out, c)
		}
	}
	return out
}
