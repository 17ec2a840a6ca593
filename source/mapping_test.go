package source_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

// rosterOf builds the roster of a source from lines such as "BOX-A: ann@x, bob@x".
// What stands behind a = is a group's id; without it, the name is.
func rosterOf(lines ...string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	for i, line := range lines {
		name, members, _ := strings.Cut(line, ":")
		name, id, found := strings.Cut(name, "=")
		if !found {
			id = name
		}
		g := b.Group(id, name, fmt.Sprintf("hr.csv:%d", i+1))
		for login := range strings.SplitSeq(members, ",") {
			if l := source.NewLogin(login); !l.IsZero() {
				b.Add(g, b.Person(l.Key(), "", l), source.Unstated, i+1)
			}
		}
	}
	return b.Build()
}

// called renders a roster: "Name<Source name (Box id): logins | what makes it partial".
func called(r *source.Roster) []string {
	var out []string
	for _, g := range r.Groups() {
		var line strings.Builder
		line.WriteString(g.Name)
		if g.SourceName != "" {
			line.WriteString("<" + g.SourceName)
		}
		switch {
		case g.Box.ID != 0:
			fmt.Fprintf(&line, " (%d by %s)", g.Box.ID, g.Box.Origin)
		case g.Box.Named:
			fmt.Fprintf(&line, " (by %s)", g.Box.Origin)
		}
		line.WriteString(":")
		for _, m := range g.Members {
			for _, l := range r.Logins(m.Person) {
				line.WriteString(" " + l.String())
			}
		}
		for _, reason := range g.Partial {
			line.WriteString(" | " + reason)
		}
		out = append(out, line.String())
	}
	return out
}

func TestMapping_groups(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		roster  []string
		rules   []string
		entries []source.MapEntry
		want    []string
		notes   []string
		err     string
	}{
		"renamed_and_in_order_again": {
			roster: []string{"BOX-Z: a@x", "M:", "X-A: b@x"}, rules: []string{"^BOX-Z$", "A", "^X-A$", "Z"},
			want:  []string{"A<BOX-Z: a@x", "M:", "Z<X-A: b@x"},
			notes: []string{`groups with another name in Box: 2, such as "A" for "BOX-Z"`},
		},
		"a_rule_that_matches_nothing": {roster: []string{"A: a@x"}, rules: []string{"B", "C"}, want: []string{"A: a@x"}},
		"two_of_one_name":             {roster: []string{"A=1:", "B=2:"}, rules: []string{".", "C"}, want: []string{"C<A:", "C<B:"}, notes: []string{`groups with another name in Box: 2, such as "C" for "A"`}},
		"no_name": {
			roster: []string{"A:", "AB:"}, rules: []string{"A", "", "B", " \t"},
			err: "2 problems:\nr0 makes \"\" of the group \"A\" (hr.csv:1): a group needs a name\nr1 makes \"\" of the group \"AB\" (hr.csv:2): a group needs a name",
		},
		"an_invisible_name": {
			roster: []string{"A:"}, rules: []string{"A", "A\u202e1"},
			err: "r0 makes \"A\\u202e1\" of the group \"A\" (hr.csv:1): the name \"A\\u202e1\" has the invisible character U+202E in it; take it out, or write a plain space",
		},
		"by_id": {
			roster: []string{"BOX-A:", "BOX-B:"}, rules: []string{"^BOX-", ""}, entries: []source.MapEntry{{Group: "box-a", BoxID: 7, Origin: "m:2"}},
			want:  []string{"B<BOX-B:", "BOX-A (7 by m:2):"},
			notes: []string{`groups with another name in Box: 1, such as "B" for "BOX-B"`},
		},
		"by_name": {
			roster: []string{"BOX-A:"}, rules: []string{"^BOX-", ""}, entries: []source.MapEntry{{Group: "BOX-A", Name: "BOX-Z", Origin: "m:2"}},
			want:  []string{"BOX-Z<BOX-A (by m:2):"},
			notes: []string{`groups with another name in Box: 1, such as "BOX-Z" for "BOX-A"`},
		},
		"by_the_name_that_it_has": {
			roster: []string{"A:"}, entries: []source.MapEntry{{Group: "A", Name: "A", Origin: "m:2"}}, want: []string{"A (by m:2):"},
		},
		"of_this_source_and_of_others": {
			roster: []string{"A:", "B:"}, want: []string{"A (7 by m:2):", "B:"},
			entries: []source.MapEntry{{Source: "hr", Group: "A", BoxID: 7, Origin: "m:2"}, {Source: "ad", Group: "B", BoxID: 8, Origin: "m:3"}, {Source: "ad", Group: "A", BoxID: 8}},
		},
		"an_id_goes_before_a_name": {
			roster: []string{"A=1:", "1=A1:"}, entries: []source.MapEntry{{Group: "1", BoxID: 7, Origin: "m:2"}},
			want: []string{"1:", "A (7 by m:2):"},
		},
		"every_group_of_a_name": {
			roster: []string{"A=1:", "a=2:"}, entries: []source.MapEntry{{Group: "A", BoxID: 7, Origin: "m:2"}},
			want: []string{"A (7 by m:2):", "a (7 by m:2):"},
		},
		"by_its_name_and_by_its_id": {
			roster: []string{"A=1:"}, entries: []source.MapEntry{{Group: "A", BoxID: 7, Origin: "m:2"}, {Group: "1", BoxID: 7, Origin: "m:3"}},
			err: `the group "A" (hr.csv:1) is mapped in m:3 and in m:2; say once which Box group it is`,
		},
		"for_its_source_and_for_all": {
			roster: []string{"A:"}, entries: []source.MapEntry{{Group: "A", Name: "B", Origin: "m:2"}, {Source: "hr", Group: "A", Name: "B", Origin: "m:3"}},
			err: `the group "A" (hr.csv:1) is mapped in m:3 and in m:2; say once which Box group it is`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := rosterOf(tt.roster...)
			got, err := source.Mapping{Groups: rules(t, source.NewGroupRewrite, tt.rules...), Entries: tt.entries}.Apply(before)
			assert.Equal(t, rosterOf(tt.roster...), before, "the roster as it was read")
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				assert.Nil(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, called(got))
			assert.Equal(t, tt.notes, got.Evidence()[0].Notes)
		})
	}
}

// What the source itself says of the Box group is not to be gainsaid.
func TestMapping_andTheSourceItself(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "hr"})
	b.Bind(b.Group("A", "A", "hr.csv:2"), 7, "hr.csv:3")
	r := b.Build()
	apply := func(rules []source.Rewrite, entries ...source.MapEntry) ([]string, error) {
		got, err := source.Mapping{Groups: rules, Entries: entries}.Apply(r)
		if err != nil {
			return nil, err
		}
		return called(got), nil
	}
	got, err := apply(rules(t, source.NewGroupRewrite, "A", "B"))
	require.NoError(t, err)
	assert.Equal(t, []string{"A (7 by hr.csv:3):"}, got, "it keeps the name of the Box group, whatever the rules say")
	got, err = apply(nil, source.MapEntry{Group: "A", BoxID: 7, Origin: "m:2"})
	require.NoError(t, err)
	assert.Equal(t, []string{"A (7 by m:2):"}, got)
	for _, e := range []source.MapEntry{{Group: "A", BoxID: 8, Origin: "m:2"}, {Group: "A", Name: "A", Origin: "m:2"}} {
		_, err = apply(nil, e)
		require.EqualError(t, err, `the group "A" (hr.csv:2) is mapped in hr.csv:3 and in m:2; say once which Box group it is`)
	}
	_, err = apply(nil, source.MapEntry{Group: "A", BoxID: 7, Origin: "m:2"}, source.MapEntry{Source: "hr", Group: "A", BoxID: 7, Origin: "m:3"})
	require.EqualError(t, err, `the group "A" (hr.csv:2) is mapped in hr.csv:3 and in m:3; say once which Box group it is`)
}

func TestMapping_manyFaults(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 21 {
		lines = append(lines, fmt.Sprintf("A%02d:", i))
	}
	_, err := source.Mapping{Groups: rules(t, source.NewGroupRewrite, ".*", "")}.Apply(rosterOf(lines...))
	require.ErrorContains(t, err, "21 problems, of which the first 20 are:\nr0 makes \"\" of the group \"A00\" (hr.csv:1)")
	assert.Equal(t, 21, len(strings.Split(err.Error(), "\n")))
	_, err = source.Mapping{Groups: rules(t, source.NewGroupRewrite, ".*", "")}.Apply(rosterOf(lines[:20]...))
	require.ErrorContains(t, err, "20 problems:\nr0 makes")
}

func TestMapping_unused(t *testing.T) {
	t.Parallel()
	m := source.Mapping{Groups: rules(t, source.NewGroupRewrite, "BOX-", ""), Entries: []source.MapEntry{
		{Group: "box-a"}, {Group: "ID-1"}, {Source: "hr", Group: "BOX-A"}, {Source: "ad", Group: "BOX-A"}, {Group: "A"}, {Group: "BOX-B"},
	}}
	r, err := source.Mapping{Groups: m.Groups}.Apply(rosterOf("BOX-A=id-1:"))
	require.NoError(t, err)
	assert.Equal(t, []source.MapEntry{{Source: "ad", Group: "BOX-A"}, {Group: "A"}, {Group: "BOX-B"}}, m.Unused(r))
}

func TestMapping_logins(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		roster, rules, want []string
		memberships         int
		notes               []string
	}{
		"another_domain": {
			roster: []string{"A: Ann@ACME.local, bob@acme.example"}, rules: []string{`@acme\.local$`, "@acme.example"},
			want: []string{"A: Ann@acme.example bob@acme.example"}, memberships: 2, notes: []string{"logins rewritten: 1"},
		},
		"each_alternative_without_regard_to_case": {
			roster: []string{"A: a@X.y, b@z.Y"}, rules: []string{"@x.y|@Z.y", "@n"}, want: []string{"A: a@n b@n"}, memberships: 2,
			notes: []string{"logins rewritten: 2"},
		},
		"in_another_case_is_the_same": {
			roster: []string{"A: a@x"}, rules: []string{"^a", "A"}, want: []string{"A: A@x"}, memberships: 1,
		},
		"two_become_one": {
			roster: []string{"A: a@x, a@y", "B: a@y"}, rules: []string{"@y$", "@x"}, want: []string{"A: a@x a@x", "B: a@x"}, memberships: 3,
			notes: []string{"logins rewritten: 1"},
		},
		"none_any_more": {
			roster: []string{"A: a@x, b@x", "B: a@x", "C: b@x"}, rules: []string{"^b@", "b@@"},
			want:        []string{"A: a@x | r0 makes that of \"b@x\": the login \"b@@x\" is not one e-mail address alone", "B: a@x", "C: | r0 makes that of \"b@x\": the login \"b@@x\" is not one e-mail address alone"},
			memberships: 2,
		},
		"a_bad_login_that_no_rule_made": {
			roster: []string{"A: nobody, b@x"}, rules: []string{"^b", "c"}, want: []string{"A: nobody c@x"}, memberships: 2, notes: []string{"logins rewritten: 1"},
		},
		"nobody_at_all": {roster: []string{"A:"}, rules: []string{"b", "c"}, want: []string{"A:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := rosterOf(tt.roster...)
			got, err := source.Mapping{Logins: rules(t, source.NewLoginRewrite, tt.rules...)}.Apply(before)
			require.NoError(t, err)
			assert.Equal(t, rosterOf(tt.roster...), before, "the roster as it was read")
			assert.Equal(t, tt.want, called(got))
			assert.Equal(t, tt.memberships, got.Evidence()[0].Memberships)
			assert.Equal(t, tt.notes, got.Evidence()[0].Notes)
			for i := range source.PersonIndex(before.People()) {
				assert.Equal(t, before.Person(i).Key, got.Person(i).Key, "who somebody is does not depend on the rules")
			}
		})
	}
}

// Of somebody with several logins, one that is none any more takes that one alone;
// who they are in Box is then less certain, and nobody is removed where they are.
func TestMapping_oneOfSeveralLogins(t *testing.T) {
	t.Parallel()
	b := source.NewBuilder(source.Evidence{Name: "ad"})
	g := b.Group("1", "A", "")
	b.Add(g, b.Person("guid", "Ann", source.NewLogin("ann@x"), source.NewLogin("a.n@x"), source.NewLogin("ann@y"), source.NewLogin("ann@z")), source.Admin, 0)
	b.Add(g, b.Person("other", "Bob", source.NewLogin("bob@y")), source.Admin, 0)
	b.Partial(g, "a referral")
	got, err := source.Mapping{Logins: rules(t, source.NewLoginRewrite, "@y$", "@x", "^.*@z", "gone")}.Apply(b.Build())
	require.NoError(t, err)
	assert.Equal(t, []string{`A: ann@x a.n@x bob@x | a referral | r1 makes that of "ann@z": the login "gone" is no e-mail address`}, called(got))
	assert.Equal(t, 2, got.Evidence()[0].Memberships)
}

// A group says why it is partial for so many people, and how many there are.
func TestMapping_manyBadLogins(t *testing.T) {
	t.Parallel()
	var logins []string
	for i := range 23 {
		logins = append(logins, fmt.Sprintf("p%02d@x", i))
	}
	got, err := source.Mapping{Logins: rules(t, source.NewLoginRewrite, "@x", "")}.Apply(rosterOf("A: " + strings.Join(logins, ",")))
	require.NoError(t, err)
	g := got.Groups()[0]
	assert.Empty(t, g.Members)
	require.Len(t, g.Partial, 21)
	assert.Equal(t, "and so with 3 more people of the group", g.Partial[20])
}

// Without rules and entries nothing is another, not even the place in memory.
func TestMapping_ofNothing(t *testing.T) {
	t.Parallel()
	r := rosterOf("A: a@x")
	got, err := source.Mapping{}.Apply(r)
	require.NoError(t, err)
	assert.Same(t, r, got)
}

func drawRules(t *rapid.T, name string, rule func(_, _, _ string) (source.Rewrite, error)) []source.Rewrite {
	part := rapid.SampledFrom([]string{"a", "b", "^", "$", "(.)", "@x", "@y", "[ab]", "x|y", ".*"})
	into := rapid.SampledFrom([]string{"", "a", "b", "@x", "@y", "$0", "c@x", "  "})
	var pairs []string
	for range rapid.IntRange(0, 3).Draw(t, name) {
		pairs = append(pairs, part.Draw(t, "match"), into.Draw(t, "replace"))
	}
	return rules(t, rule, pairs...)
}

// No set of rules puts anybody into a group: every membership is that of the same
// person in the same group, with the same role. Whoever is missing leaves a reason
// behind, and rules that change nothing give the roster that there was.
func TestProperty_mappingAddsNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		login := rapid.StringMatching(`[abAB]{1,3}@[xyXY]`)
		var lines []string
		for i := range rapid.IntRange(1, 5).Draw(t, "groups") {
			lines = append(lines, fmt.Sprintf("%s=%d: %s", rapid.StringMatching(`[abAB]{1,2}`).Draw(t, "name"), i,
				strings.Join(rapid.SliceOfN(login, 0, 5).Draw(t, "members"), ",")))
		}
		before := rosterOf(lines...)
		m := source.Mapping{Groups: drawRules(t, "names", source.NewGroupRewrite), Logins: drawRules(t, "logins", source.NewLoginRewrite)}
		after, err := m.Apply(before)
		if err != nil {
			t.Skip("rules that make no names")
		}
		again, err := m.Apply(rosterOf(lines...))
		require.NoError(t, err)
		require.Equal(t, again, after, "the same rules say the same")
		groups := map[source.GroupKey]source.Group{}
		for _, g := range before.Groups() {
			groups[g.Key] = g
		}
		require.Len(t, after.Groups(), len(groups))
		memberships, changed := 0, false
		for _, g := range after.Groups() {
			was := groups[g.Key]
			memberships += len(g.Members)
			changed = changed || g.Name != was.Name || len(g.Partial) > 0
			require.Equal(t, was.Name, g.NameInSource())
			for _, one := range g.Members {
				require.Contains(t, was.Members, one)
			}
			if len(g.Members) < len(was.Members) {
				require.NotEmpty(t, g.Partial)
			}
		}
		require.Equal(t, after.Evidence()[0].Memberships, memberships)
		for i := range source.PersonIndex(before.People()) {
			changed = changed || !slices.Equal(before.Logins(i), after.Logins(i))
		}
		if !changed {
			require.Equal(t, before, after)
		}
	})
}
