package plan_test

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// leaf is one value of a plan that is no struct and no list.
type leaf struct {
	path  string // such as Changes[0].Group.Name
	value reflect.Value
}

// leaves returns every value in the plan, down to the last field of every type,
// but for the memory. A list without entries would hide what its entries have.
func leaves(t testing.TB, p *plan.Plan) []leaf {
	t.Helper()
	var out []leaf
	var walk func(v reflect.Value, path string)
	walk = func(v reflect.Value, path string) {
		switch v.Interface().(type) {
		case time.Time, plan.Limit, source.Login, source.Pattern:
			out = append(out, leaf{path, v})
			return
		}
		switch v.Kind() {
		case reflect.Struct:
			for field, value := range v.Fields() {
				require.True(t, field.IsExported(), "%s.%s: the test cannot change it", path, field.Name)
				if name := strings.TrimPrefix(path+"."+field.Name, "."); name != "Memory" && field.Name != "Standing" {
					walk(value, name)
				}
			}
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem(), path)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		default:
			out = append(out, leaf{path, v})
		}
	}
	walk(reflect.ValueOf(p).Elem(), "")
	return out
}

// change gives a leaf another value.
func (l leaf) change(t testing.TB) {
	t.Helper()
	switch v := l.value.Interface().(type) {
	case time.Time:
		l.value.Set(reflect.ValueOf(v.Add(time.Second)))
		return
	case plan.Limit:
		l.value.Set(reflect.ValueOf(plan.AtMost(4711)))
		return
	case source.Login:
		l.value.Set(reflect.ValueOf(source.NewLogin(v.String() + "x")))
		return
	case source.Pattern:
		l.value.Set(reflect.ValueOf(mustGlobs(v.String() + "x")[0]))
		return
	}
	switch l.value.Kind() {
	case reflect.String:
		l.value.SetString(l.value.String() + "x")
	case reflect.Bool:
		l.value.SetBool(!l.value.Bool())
	case reflect.Int, reflect.Int64:
		l.value.SetInt(l.value.Int() + 1)
	case reflect.Uint8:
		l.value.SetUint(l.value.Uint()%2 + 1)
	case reflect.Uint64:
		l.value.SetUint(l.value.Uint() - 1)
	default:
		t.Fatalf("%s is a %s, which the test does not know how to change", l.path, l.value.Kind())
	}
}

// index stands for the place in a list.
var index = regexp.MustCompile(`\[\d+\]`)

// intends lists what a digest is of. A new field of a plan is to be put here, or
// is none of what a plan intends: the test asks.
func intends(path string) bool {
	path = index.ReplaceAllString(path, "[]")
	switch path {
	case "Header.Instance", "Header.EnterpriseID", "Header.Scope.Groups[]", "Header.Scope.SkipRemovals", "Header.Scope.EmptyOrphans[]",
		"Header.Allowed[].Rule", "Header.Allowed[].Group", "Header.Allowed[].Value":
		return true
	case "Changes[].Cause":
		return false
	}
	return strings.HasPrefix(path, "Changes[].")
}

// Every field of a plan counts for the digest, or does not, as intends says; and
// every field is in the file.
func TestDigest_everyField(t *testing.T) {
	t.Parallel()
	before := goldenPlan()
	digest, file := before.Digest(), written(t, before)
	fields := map[string]bool{}
	for i, l := range leaves(t, before) {
		p := goldenPlan()
		other := leaves(t, p)[i]
		require.Equal(t, l.path, other.path)
		other.change(t)
		fields[index.ReplaceAllString(l.path, "[]")] = true
		if strings.HasSuffix(l.path, "Allowed[2].Value") {
			continue // an allowance of empty_group has no value
		}
		assert.Equal(t, intends(l.path), digest != p.Digest(), "%s", l.path)
		var out strings.Builder
		if plan.Write(&out, p) == nil {
			assert.NotEqual(t, string(file), out.String(), "%s is not in the file", l.path)
			assert.Empty(t, differences(p, read(t, []byte(out.String()))), "%s", l.path)
		}
	}
	for _, list := range []string{"Header.Fingerprint", "Header.Scope.Groups", "Header.Scope.EmptyOrphans", "Header.Sources", "Header.Sources[].Notes", "Header.Remembered",
		"Header.GroupLimits", "Header.Notices", "Header.Allowed", "Header.AllowAll", "Header.Paused", "Groups", "Changes", "Changes[].Needs", "Changes[].Settings", "Holds", "Holds[].Changes", "Holds[].Changes[].Needs", "Findings"} {
		assert.True(t, slices.ContainsFunc(sortedKeys(fields), func(f string) bool { return strings.HasPrefix(f, list+"[]") }), "no entry of %s was tried", list)
	}
}

// The lists of the plan's types are those that the test above names.
func TestDigest_everyList(t *testing.T) {
	t.Parallel()
	lists := map[string]bool{}
	var walk func(typ reflect.Type, path string)
	walk = func(typ reflect.Type, path string) {
		switch {
		case typ == reflect.TypeFor[time.Time]() || typ == reflect.TypeFor[source.Pattern]() || typ == reflect.TypeFor[source.Login]() || typ == reflect.TypeFor[plan.Limit]():
		case typ.Kind() == reflect.Slice:
			lists[path] = true
			walk(typ.Elem(), path+"[]")
		case typ.Kind() == reflect.Struct:
			for field := range typ.Fields() {
				walk(field.Type, strings.TrimPrefix(path+"."+field.Name, "."))
			}
		}
	}
	walk(reflect.TypeFor[plan.Plan](), "")
	assert.Equal(t, []string{"Changes", "Changes[].Needs", "Changes[].Settings", "Findings", "Groups", "Header.AllowAll", "Header.Allowed", "Header.Fingerprint", "Header.GroupLimits", "Header.Notices", "Header.Paused", "Header.Remembered", "Header.Scope.EmptyOrphans",
		"Header.Scope.Groups", "Header.Sources", "Header.Sources[].Notes", "Holds", "Holds[].Changes", "Holds[].Changes[].Needs", "Holds[].Changes[].Settings"}, sortedKeys(lists))
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// One entry more or less in a list of intent is another intent.
func TestDigest_lists(t *testing.T) {
	t.Parallel()
	digest := goldenPlan().Digest()
	for name, c := range map[string]struct {
		edit func(*plan.Plan)
		same bool
	}{
		"a_change_less":     {edit: func(p *plan.Plan) { p.Changes = p.Changes[1:] }},
		"no_changes":        {edit: func(p *plan.Plan) { p.Changes = nil }},
		"a_change_twice":    {edit: func(p *plan.Plan) { p.Changes = append(p.Changes, p.Changes[0]) }},
		"an_allowance_less": {edit: func(p *plan.Plan) { p.Header.Allowed = p.Header.Allowed[1:] }},
		"a_pattern_less":    {edit: func(p *plan.Plan) { p.Header.Scope.Groups = p.Header.Scope.Groups[1:] }},
		"an_orphan_more":    {edit: func(p *plan.Plan) { p.Header.Scope.EmptyOrphans = append(p.Header.Scope.EmptyOrphans, "") }},
		"an_orphan_as_scope": {edit: func(p *plan.Plan) {
			s := &p.Header.Scope
			s.Groups, s.EmptyOrphans = mustGlobs("Fin*", "[!x]*", s.EmptyOrphans[0]), nil
		}},
		"a_need_less":         {edit: func(p *plan.Plan) { p.Changes[1].Needs = nil }},
		"a_held_change_less":  {edit: func(p *plan.Plan) { p.Holds[1].Changes = nil }, same: true},
		"no_holds":            {edit: func(p *plan.Plan) { p.Holds = nil }, same: true},
		"no_findings":         {edit: func(p *plan.Plan) { p.Findings = nil }, same: true},
		"no_groups":           {edit: func(p *plan.Plan) { p.Groups = nil }, same: true},
		"no_sources":          {edit: func(p *plan.Plan) { p.Header.Sources = nil }, same: true},
		"nothing_remembered":  {edit: func(p *plan.Plan) { p.Header.Remembered = nil }, same: true},
		"no_pauses":           {edit: func(p *plan.Plan) { p.Header.Paused = nil }, same: true},
		"no_fingerprint":      {edit: func(p *plan.Plan) { p.Header.Fingerprint = nil }, same: true},
		"a_memory":            {edit: func(p *plan.Plan) { p.Memory = &plan.Memory{Calls: 7} }, same: true},
		"an_allowance_twice":  {edit: func(p *plan.Plan) { p.Header.Allowed = append(p.Header.Allowed, p.Header.Allowed[0]) }, same: true},
		"a_pattern_twice":     {edit: func(p *plan.Plan) { s := &p.Header.Scope; s.Groups = append(s.Groups, s.Groups[0]) }, same: true},
		"a_need_twice":        {edit: func(p *plan.Plan) { c := &p.Changes[1]; c.Needs = append(c.Needs, c.Needs[0]) }, same: true},
		"an_empty_list":       {edit: func(p *plan.Plan) { p.Changes[0].Needs = []string{} }, same: true},
		"held_instead_of_due": {edit: func(p *plan.Plan) { p.Holds[1].Changes, p.Changes = p.Changes, nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goldenPlan()
			c.edit(p)
			assert.Equal(t, c.same, p.Digest() == digest)
			assert.Regexp(t, `^sha256:[0-9a-f]{64}$`, p.Digest())
		})
	}
}

// The order of changes, allowances, scope and needs says nothing.
func TestProperty_digestDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		digest := p.Digest()
		if len(p.Changes) > 0 && rapid.Bool().Draw(t, "twice") {
			// Not a plan that can be saved, but even so: by id alone, the order of
			// these two would be open.
			p.Changes[0].User.Name = "one"
			twin := p.Changes[0]
			twin.User.Name = "two"
			p.Changes = append(p.Changes, twin)
			digest = p.Digest()
		}
		p.Changes = rapid.Permutation(p.Changes).Draw(t, "changes")
		for i := range p.Changes {
			p.Changes[i].Needs = rapid.Permutation(p.Changes[i].Needs).Draw(t, "needs")
		}
		h := &p.Header
		h.Allowed = rapid.Permutation(h.Allowed).Draw(t, "allowed")
		h.Scope.Groups = rapid.Permutation(h.Scope.Groups).Draw(t, "groups")
		h.Scope.EmptyOrphans = rapid.Permutation(h.Scope.EmptyOrphans).Draw(t, "orphans")
		require.Equal(t, digest, p.Digest())
	})
}

// What Write would write and Read would read otherwise, it refuses, and says
// which field it is.
func TestWrite_refuses(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 3600)
	for name, c := range map[string]struct {
		edit func(*plan.Plan)
		want string
	}{
		"tool":             {func(p *plan.Plan) { p.Header.Tool = "v\xff" }, `header.tool is not UTF-8: "v\xff"`},
		"source":           {func(p *plan.Plan) { p.Header.Sources[1].Origin = "\xff" }, `header.sources.origin is not UTF-8: "\xff"`},
		"note":             {func(p *plan.Plan) { p.Header.Sources[0].Notes[0] = "a\xc3" }, `header.sources.notes is not UTF-8: "a\xc3"`},
		"group":            {func(p *plan.Plan) { p.Groups[1].Group.Name = `\ufffd` + "\xff" }, `group.name is not UTF-8: "\\ufffd\xff"`},
		"login":            {func(p *plan.Plan) { p.Changes[1].User.Login = "\xed\xa0\x80" }, `change.user.login is not UTF-8: "\xed\xa0\x80"`},
		"hold":             {func(p *plan.Plan) { p.Holds[0].Reason = "\x80" }, `hold.reason is not UTF-8: "\x80"`},
		"held":             {func(p *plan.Plan) { p.Holds[1].Changes[1].Group.Name = "\x80" }, `held.group.name is not UTF-8: "\x80"`},
		"finding":          {func(p *plan.Plan) { p.Findings[0].Text = "\x80" }, `finding.text is not UTF-8: "\x80"`},
		"local_time":       {func(p *plan.Plan) { p.Header.Created = p.Header.Created.In(zone) }, `created: 2026-11-23 05:00:00 +0100 +0100 is not a time in UTC and in whole seconds`},
		"parts_of_seconds": {func(p *plan.Plan) { p.Header.Expires = p.Header.Expires.Add(1) }, `expires: 2026-11-30 04:00:00.000000001 +0000 UTC is not a time in UTC and in whole seconds`},
		"year_10000":       {func(p *plan.Plan) { p.Header.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, `expires: 10000-01-01 00:00:00 +0000 UTC is not a time in UTC and in whole seconds`},
		"no_pattern":       {func(p *plan.Plan) { p.Header.Scope.Groups[0] = source.Pattern{} }, `scope.groups: the pattern "" would be read back as another`},
		"limit":            {func(p *plan.Plan) { p.Header.Limits.Adds = plan.AtMost(-1) }, `limits.adds: the limit "-1" would be read back as another`},
		"allowance":        {func(p *plan.Plan) { p.Header.Allowed[1].Group = " padded" }, `the allowance "adds_per_group: padded=2.5%" would be read back as another`},
		"allowance_value":  {func(p *plan.Plan) { p.Header.Allowed[2].Value = plan.AtMost(1) }, `the allowance "empty_group:Legal=allow" would be read back as another`},
		"double_allowance": {func(p *plan.Plan) { p.Header.Allowed[0].Value = plan.AtMost(1).And(plan.Percent(1)) }, `the allowance "removals=[1%, 1]" would be read back as another`},
		"rule":             {func(p *plan.Plan) { p.Holds[0].Rule = "x" }, `unknown rule "x"; it can be ` + strings.Join(words(plan.Rules()), ", ")},
		"kind_of_finding":  {func(p *plan.Plan) { p.Findings[0].Kind = "" }, `unknown kind of finding ""; it can be ` + strings.Join(words(plan.FindingKinds()), ", ")},
		"kind":             {func(p *plan.Plan) { p.Changes[0].Kind = 0 }, `the change "create_group/rollcall:main:hr:Board" needs a kind, and has none`},
		"kind_too_large":   {func(p *plan.Plan) { p.Changes[0].Kind = 99 }, `the change "create_group/rollcall:main:hr:Board" needs a kind, and has none`},
		"cause":            {func(p *plan.Plan) { p.Changes[0].Cause = 0 }, `the change "create_group/rollcall:main:hr:Board" needs a cause, and has none`},
		"role":             {func(p *plan.Plan) { p.Changes[0].Before = 9 }, `the change "create_group/rollcall:main:hr:Board" needs roles that there are, and has none`},
		"role_after":       {func(p *plan.Plan) { p.Changes[0].After = 9 }, `the change "create_group/rollcall:main:hr:Board" needs roles that there are, and has none`},
		"id":               {func(p *plan.Plan) { p.Changes[3].ID = "x" }, `the change has the id "x", and what it says gives "rename_group/101"`},
		"held_id":          {func(p *plan.Plan) { p.Holds[1].Changes[0].ID = "x" }, `the change has the id "x", and what it says gives "remove/104/1001"`},
		"id_twice":         {func(p *plan.Plan) { p.Changes = append(p.Changes, p.Changes[3]) }, `a second change has the id "rename_group/101"`},
		"need":             {func(p *plan.Plan) { p.Changes[3].Needs = []string{"x"} }, `the change "rename_group/101" needs "x", which is no change of the plan`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := goldenPlan()
			c.edit(p)
			assert.EqualError(t, plan.Write(io.Discard, p), c.want)
		})
	}
}

// A writer that fails, wherever it does, fails the writing.
func TestWrite_writeError(t *testing.T) {
	t.Parallel()
	p := goldenPlan()
	p.Findings[0].Text = strings.Repeat("x", 100_000)
	size := len(written(t, p))
	for _, room := range []int{0, 1, 70_000, size - 1} {
		require.ErrorIs(t, plan.Write(&full{room}, p), io.ErrShortWrite, "after %d bytes", room)
	}
	require.NoError(t, plan.Write(&full{size}, p))
}

// full has room for so many bytes.
type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.room)
	f.room -= n
	if n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// A digest is that of other versions, which read the files of this one: what is to be
// done comes in the order of its ids, of which one may begin like another.
func TestDigest_isThatOfOtherVersions(t *testing.T) {
	t.Parallel()
	p := diff(t, roster("A B:\n A:\n A-B:"), box(""), options())
	require.Equal(t, []string{"create_group A (source)", "create_group A B (source)", "create_group A-B (source)"}, changes(p.Changes))
	assert.Equal(t, "sha256:bc2fc47aa4c3c0d603181a26a9c3f99883ed07ef78cc179923d04be5d74285b5", p.Digest())
}
