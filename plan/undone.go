package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// fewUndone is how many changes of one group are named.
const fewUndone = 3

// undone collects what is due again in one group.
type undone struct {
	group   GroupRef
	changes []*Change
	runs    []*Made
	times   int // how often the most often made of them was made before
}

// findUndone tells of what is due, held or not, although a run that is remembered
// made it so: whatever the sources say by now, Box was changed since, and not by us.
func (d *Differ) findUndone(p *Plan) {
	if d.opts.Memory == nil || len(d.opts.Memory.Made) == 0 {
		return
	}
	made := d.opts.Memory.madeOf()
	found := map[string]*undone{}
	look := func(c *Change) {
		identifier := source.FoldIdentifier(c.Group.Identifier)
		for _, f := range c.facts() {
			if by := madeBy(made[identifier], identifier, f); by != nil {
				if found[identifier] == nil {
					found[identifier] = &undone{group: c.Group}
				}
				found[identifier].add(c, by, by.Groups[identifier].Again[f.what]+1)
			}
		}
	}
	for i := range p.Changes {
		look(&p.Changes[i])
	}
	for i := range p.Holds {
		for j := range p.Holds[i].Changes {
			look(&p.Holds[i].Changes[j])
		}
	}
	for _, u := range found {
		p.Findings = append(p.Findings, u.finding())
	}
}

func (u *undone) add(c *Change, by *Made, times int) {
	if len(u.changes) == 0 || u.changes[len(u.changes)-1] != c {
		u.changes = append(u.changes, c)
	}
	if !slices.Contains(u.runs, by) {
		u.runs = append(u.runs, by)
	}
	u.times = max(u.times, times)
}

func (u *undone) finding() Finding {
	slices.SortFunc(u.changes, func(a, b *Change) int { return compareChanges(*a, *b) })
	oldest := slices.MinFunc(u.runs, func(a, b *Made) int { return a.At.Compare(b.At) })
	runs := "the run of " + oldest.At.Format("2006-01-02")
	if len(u.runs) > 1 {
		runs = "runs since " + oldest.At.Format("2006-01-02")
	}
	are, them := "are", "them"
	if len(u.changes) == 1 {
		are, them = "is", "it"
	}
	if u.times > 1 {
		them += fmt.Sprintf(", %d times by now", u.times)
	}
	var names []string
	for _, c := range u.changes[:min(fewUndone, len(u.changes))] {
		names = append(names, c.done())
	}
	if rest := len(u.changes) - fewUndone; rest > 0 {
		names = append(names, fmt.Sprintf("and %d more", rest))
	}
	return Finding{
		Kind: Undone, Group: u.group,
		Text: fmt.Sprintf("%s that %s made %s due again, so somebody or something undoes %s: %s; the report User Activity of Box's Admin Console says who",
			Count(len(u.changes), "change"), runs, are, them, strings.Join(names, ", ")),
		Release: "to leave the group alone until it is found who does: rollcall pause -c FILE --group " +
			ShellQuote(globFor(u.group.Name)) + " --until TIME --reason TEXT",
	}
}

// done says what the change, once made, has done.
func (c *Change) done() string {
	switch c.Kind {
	case CreateGroup:
		return "created the group"
	case AdoptGroup, RekeyGroup:
		return "gave the group its identifier" // by a takeover, or when it was created
	case RenameGroup:
		return "renamed the group"
	case UpdateGroup:
		return "set what the group is to have"
	case Add:
		return "added " + c.User.Login
	case Remove:
		return "removed " + c.User.Login
	default:
		if c.After == target.RoleAdmin {
			return "made " + c.User.Login + " a group admin"
		}
		return "made " + c.User.Login + " a member"
	}
}

// globFor returns the pattern that means this name and no other.
func globFor(name string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(name)
}
