package cmd

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// namesShown is how many names a check warns of before it only counts them.
const namesShown = 5

// wanted checks which groups of the sources a run would concern, and warns of
// names that two of them want. Of a source that was not read nothing is known.
func (k *checkup) wanted(policies plan.Options, rosters []*source.Roster) {
	const subject = "source groups"
	all, read := 0, true
	chosen := map[string][]string{} // where the groups of a folded name stand
	n := 0
	for _, r := range rosters {
		if r == nil {
			read = false
			continue
		}
		for _, g := range r.Groups() {
			all++
			if len(policies.Include) > 0 && !g.MatchedBy(policies.Include) || g.MatchedBy(policies.Exclude) {
				continue
			}
			n++
			folded := source.FoldName(g.Name)
			chosen[folded] = append(chosen[folded], fmt.Sprintf("%s (%s, source %s)", strconv.Quote(g.Name), g.Origin, g.Key.Source))
		}
	}
	switch {
	case n == 0 && read:
		k.fail(subject, fmt.Errorf("none of %s is chosen; see groups.include and groups.exclude", plan.Count(all, "group")), "")
	case n < all:
		k.fine(subject, "%d of %d are chosen by groups.include and groups.exclude", n, all)
	}
	k.shared(chosen, func(places []string) {
		k.warn(subject, "rename one of them in the source or by groups.map_file, or drop it from one of the sources",
			"one name in Box is wanted for several, which are held: %s", strings.Join(places, ", "))
	}, subject)
}

// shared calls warn for the names that several have, and counts those that are
// too many to show.
func (k *checkup) shared(byName map[string][]string, warn func([]string), subject string) {
	n := 0
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if len(byName[name]) < 2 {
			continue
		}
		if n++; n <= namesShown {
			warn(byName[name])
		}
	}
	if n > namesShown {
		k.warn(subject, "", "%d more names are shared", n-namesShown)
	}
}

// visible checks what the groups in Box say about this installation.
func (k *checkup) visible(c *config, groups []target.Group, hidden int) {
	const subject = "Box groups"
	marks := marksOf(groups)
	ours := marks[c.Instance]
	switch total := totalOf(ours); {
	case len(groups) == 0:
		k.warn(subject, "if Box has groups, the app may lack the scope Manage groups or App + Enterprise Access", "none is visible")
	case total == 0:
		k.fine(subject, "%d visible, none of them carries an identifier of instance %s yet: a first contact", len(groups), c.Instance)
	default:
		k.fine(subject, "%d visible, %d of them %s of instance %s%s", len(groups), total, carry(total), c.Instance, bySource(ours))
	}
	if hidden > 0 {
		k.warn(subject, "", "Box announced %s more than it showed; one that looks missing may be among them", plan.Count(hidden, "group"))
	}
	configured := map[string]bool{}
	for _, s := range c.Sources {
		configured[s.Name] = true
		k.otherInstances(subject, c.Instance, s.Name, marks)
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if !configured[name] {
			k.warn(subject, "if the source was renamed, give it that name back: under another its groups are somebody else's",
				"%d %s of instance %s and source %s, which the configuration does not have", ours[name], carry(ours[name]), c.Instance, name)
		}
	}
	names := map[string][]string{}
	for _, g := range groups {
		folded := source.FoldName(g.Name)
		names[folded] = append(names[folded], fmt.Sprintf("%s (id %s)", strconv.Quote(g.Name), g.ID))
	}
	k.shared(names, func(same []string) {
		k.warn(subject, "", "several share one name, case aside: %s", strings.Join(same, ", "))
	}, subject)
}

// marksOf counts the groups that carry an identifier of rollcall's, by instance
// and source.
func marksOf(groups []target.Group) map[string]map[string]int {
	marks := map[string]map[string]int{}
	for _, g := range groups {
		instance, key, ok := source.ParseIdentifier(g.Identifier)
		if !ok {
			continue
		}
		if marks[instance] == nil {
			marks[instance] = map[string]int{}
		}
		marks[instance][key.Source]++
	}
	return marks
}

// otherInstances tells of groups of the same source under another instance. While
// no group at all is under ours, the likely reason is that instance was changed.
func (k *checkup) otherInstances(subject, instance, name string, marks map[string]map[string]int) {
	for _, other := range slices.Sorted(maps.Keys(marks)) {
		n := marks[other][name]
		switch {
		case other == instance || n == 0:
		case totalOf(marks[instance]) == 0:
			k.warn(subject, "if instance was changed in the configuration, change it back to "+other,
				"%d %s of source %s under instance %s, and none under %s", n, carry(n), name, other, instance)
		default:
			k.fine(subject, "%d %s of source %s under instance %s: another installation's, left alone", n, carry(n), name, other)
		}
	}
}

// carry says what n groups do.
func carry(n int) string {
	if n == 1 {
		return "carries an identifier"
	}
	return "carry identifiers"
}

func totalOf(counts map[string]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// bySource names the sources, where there are several.
func bySource(counts map[string]int) string {
	if len(counts) < 2 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// enterpriseOf names the enterprise, as far as Box tells.
func enterpriseOf(a target.Account) string {
	switch {
	case a.EnterpriseID == "":
		return "no enterprise"
	case a.Enterprise == "":
		return "enterprise " + a.EnterpriseID
	default:
		return fmt.Sprintf("%s (enterprise %s)", a.Enterprise, a.EnterpriseID)
	}
}
