package report

import (
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// row is one change as it is shown: a sign, who, what, why.
type row struct {
	sign, color    string
	who, what, why string
}

// rowOf returns the row of a change. Under the title of its group it names the
// person; elsewhere (in a hold over several groups) the group as well.
func rowOf(c *plan.Change, titled bool) row {
	r := row{sign: "~", color: yellow, who: clean(c.User.Login), why: causeOf(c)}
	if !titled {
		r.who += " in " + clean(c.Group.Name)
	}
	switch c.Kind {
	case plan.CreateGroup:
		r.sign, r.color, r.who = "+", green, "create the group"
		if !titled {
			r.who += " " + clean(c.Group.Name)
		}
	case plan.AdoptGroup, plan.RekeyGroup:
		r.who = takeoverOf(c, titled)
	case plan.RenameGroup:
		r.who = "rename from " + quoted(c.BeforeName)
		if !titled {
			r.who = "rename " + quoted(c.BeforeName) + " to " + quoted(c.Group.Name)
		}
	case plan.UpdateGroup: // whose rows are those of its settings
	case plan.Add:
		r.sign, r.color = "+", green
		if c.After == target.RoleAdmin {
			r.what = "as admin"
		}
	case plan.SetRole:
		r.what = c.Before.String() + " → " + c.After.String()
	case plan.Remove:
		r.sign, r.color = "-", red
		if c.Before == target.RoleAdmin {
			r.what = "was admin"
		}
	}
	return r
}

// quoted shows where a name begins and ends, blanks and all.
func quoted(name string) string { return `"` + clean(name) + `"` }

// causeOf returns the cause, where it says more than the change itself.
func causeOf(c *plan.Change) string {
	switch c.Cause {
	case plan.Wanted, plan.RoleChanged:
		return ""
	default:
		return c.Cause.String()
	}
}

// columns are the widths of rows that stand under one another.
type columns struct{ who, what int }

const gap = "  " // between columns

// columns measures rows at an indent. Whoever is too long for the line does not
// count: such a row takes two lines, and the others stay narrow.
func (p *printer) columns(indent int, rows []row) columns {
	var c columns
	why := 0
	for _, r := range rows {
		c.what = max(c.what, columnsOf(r.what))
		why = max(why, len(r.why))
	}
	room := p.opts.Width - indent - len("+ ") - c.what - why - 2*len(gap)
	for _, r := range rows {
		if width := columnsOf(r.who); width <= room && r.what+r.why != "" {
			c.who = max(c.who, width)
		}
	}
	return c
}

// row writes one change in columns. What does not fit beside a long name stands
// below it.
func (p *printer) row(indent int, r row, c columns) {
	margin := strings.Repeat(" ", indent)
	sign := margin + p.paint(r.color, r.sign) + " "
	if r.what+r.why == "" || columnsOf(r.who) > c.who {
		p.wrappedAfter(sign, indent+hang, r.who)
		if rest := strings.TrimSpace(r.what + gap + r.why); rest != "" {
			p.wrappedAfter(margin+"    ", indent+2*hang, rest)
		}
		return
	}
	rest := r.why
	if c.what > 0 {
		rest = pad(r.what, c.what) + gap + r.why
	}
	p.line("%s%s", sign, strings.TrimRight(pad(r.who, c.who)+gap+rest, " "))
}

// takeoverOf says which group is taken over, and from whom.
func takeoverOf(c *plan.Change, titled bool) string {
	switch {
	case c.BeforeIdentifier != "" && titled:
		return "take over the group from " + quoted(c.BeforeIdentifier)
	case c.BeforeIdentifier != "":
		return "take over " + clean(c.Group.Name) + " from " + quoted(c.BeforeIdentifier)
	case titled:
		return "take over the group, which carries no identifier"
	default:
		return "take over " + clean(c.Group.Name)
	}
}
