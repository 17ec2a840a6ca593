package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// The texts below say what ends a hold that no --allow ends. Each names what to
// change and where, so that it is of use to somebody who sees nothing else.

// inSource names the group as its source has it, with the place where it says so.
func inSource(g *source.Group) string {
	text := fmt.Sprintf("group %s of source %s", strconv.Quote(g.NameInSource()), g.Key.Source)
	if g.Origin != "" {
		text += " (" + g.Origin + ")"
	}
	return text
}

// wanted names the pair's group as whoever has to change it finds it. A source that
// was not read again tells no place.
func (p *pair) wanted() string {
	if p.desired == nil {
		return fmt.Sprintf("group %s of source %s", strconv.Quote(p.ref.Name), p.ref.Key.Source)
	}
	return inSource(p.desired)
}

// peopleOf names those whom the changes of one group are about.
func peopleOf(changes []Change) string {
	var logins []string
	for i := range changes {
		logins = append(logins, changes[i].User.Login)
	}
	return someOf(logins)
}

// someOf sorts names, lists the first few of them, and says how many more there are.
func someOf(names []string) string {
	const shown = 3
	slices.Sort(names)
	if more := len(names) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), more)
	}
	return strings.Join(names, ", ")
}

func (p *pair) releaseNameTaken() string {
	return fmt.Sprintf("rename the other Box group that is called %s, or give %s another name", strconv.Quote(p.ref.Name), p.wanted())
}

func (p *pair) releaseTooLarge() string {
	return fmt.Sprintf("split %s until its group in Box has no more members than Box lists, which is %d", p.wanted(), p.current)
}

func (p *pair) releaseShared(held []Change) string {
	if p.disputed {
		return fmt.Sprintf("see the finding shared_login; for %s, give the one whose account %s is that login in the source, and the other a login of their own", p.wanted(), peopleOf(held))
	}
	return fmt.Sprintf("in %s, keep one of the people who are %s, or give the others the login of another user", p.wanted(), peopleOf(held))
}

func (p *pair) releaseNamesakes(held []Change, untold bool) string {
	text := fmt.Sprintf("for %s in %s, make the source and Box say the same login if one is the other", peopleOf(held), p.wanted())
	if untold {
		text += ", or let the app manage these users"
	}
	return text
}

func (p *pair) releasePartial() string {
	text := fmt.Sprintf("correct this, so that %s is whole: %s", p.wanted(), p.desired.Partial[0])
	if more := len(p.desired.Partial) - 1; more > 0 {
		text += fmt.Sprintf("; and %d more like that", more)
	}
	return text
}

func releaseDuplicates(identifier string, carrying []target.Group) string {
	return fmt.Sprintf("in Box, clear external_sync_identifier %s of all but one of the groups with the ids %s", strconv.Quote(identifier), ids(carrying))
}

// releaseClash names all that want one name. To exclude one takes another name too:
// patterns compare the name in Box as well.
func releaseClash(wanting []*source.Group) string {
	const shown = 4
	var all []string
	for _, g := range wanting[:min(len(wanting), shown)] {
		all = append(all, inSource(g))
	}
	if more := len(wanting) - shown; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	where := "in the source or by groups.map_file"
	if oneKey(wanting) {
		where = "in the source"
	}
	if slices.ContainsFunc(wanting, func(g *source.Group) bool { return g.Key.Source != wanting[0].Key.Source }) {
		where += ", or drop them from their source"
	}
	return "give all but one of these another name, " + where + ": " + strings.Join(all, ", ")
}

// oneKey reports whether two of the groups have keys that differ by case alone, if at
// all: no row of the map can mean one of them and not the other.
func oneKey(groups []*source.Group) bool {
	keys := map[source.GroupKey]bool{}
	for _, g := range groups {
		keys[source.GroupKey{Source: g.Key.Source, ID: source.FoldName(g.Key.ID)}] = true
	}
	return len(keys) < len(groups)
}

func (p *pair) releaseMapped() string {
	return fmt.Sprintf("at %s, give the id of the Box group that is %s", p.desired.Box.Origin, inSource(p.desired))
}
