package plan_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// readError returns what Read says of a file that it must refuse.
func readError(t testing.TB, file string) string {
	t.Helper()
	p, err := plan.Read(strings.NewReader(file))
	require.Error(t, err)
	require.Nil(t, p)
	fault, ok := errors.AsType[*plan.FileError](err)
	require.True(t, ok, "%T", err)
	require.Equal(t, err.Error(), fmt.Sprintf("line %d: %v", fault.Line, errors.Unwrap(err)))
	return err.Error()
}

var (
	checksumField = regexp.MustCompile(`"checksum":"[^"]*"`)
	digestField   = regexp.MustCompile(`"digest":"sha256:[0-9a-f]{64}"`)
	digestSaid    = regexp.MustCompile(`and the changes give (sha256:[0-9a-f]{64})$`)
	countFields   = regexp.MustCompile(`"groups":\d+,"changes":\d+,"holds":\d+,"held":\d+,"findings":\d+`)
)

// sealed gives the lines a trailer that is right about them, as somebody would
// who wants to get past it.
func sealed(t testing.TB, lines []string) string {
	t.Helper()
	body, trailer := strings.Join(lines[:len(lines)-1], ""), lines[len(lines)-1]
	count := func(kind string) int {
		return strings.Count(body, `{"`+kind+`":{`) - strings.Count(body, `:{"`+kind+`":{`)
	}
	counts := fmt.Sprintf(`"groups":%d,"changes":%d,"holds":%d,"held":%d,"findings":%d`,
		strings.Count("\n"+body, "\n"+`{"group":`), count("change"), count("hold"), count("held"), count("finding"))
	trailer = countFields.ReplaceAllString(trailer, counts)
	trailer = checksumField.ReplaceAllString(trailer, fmt.Sprintf(`"checksum":"sha256:%x"`, sha256.Sum256([]byte(body))))
	if _, err := plan.Read(strings.NewReader(body + trailer)); err != nil {
		if said := digestSaid.FindStringSubmatch(err.Error()); said != nil {
			trailer = digestField.ReplaceAllString(trailer, `"digest":"`+said[1]+`"`)
		}
	}
	return body + trailer
}

// The lines of the golden file.
const (
	headerLine  = 1
	groupLine   = 3
	createLine  = 6
	addLine     = 7
	add2Line    = 8
	roleLine    = 10
	removeLine  = 11
	adoptLine   = 12
	rekeyLine   = 14
	updateLine  = 15
	holdLine    = 17
	heldLine    = 18
	findingLine = 21
	trailerLine = 23
)

// replaced returns an edit that puts new for old in one line, where old is.
func replaced(line int, before, after string) func([]string) []string {
	return func(lines []string) []string {
		if !strings.Contains(lines[line-1], before) {
			panic(fmt.Sprintf("%q is not in line %d: %s", before, line, lines[line-1]))
		}
		lines[line-1] = strings.Replace(lines[line-1], before, after, 1)
		return lines
	}
}

func inserted(line int, text string) func([]string) []string {
	return func(lines []string) []string {
		return append(append(append([]string{}, lines[:line-1]...), text), lines[line-1:]...)
	}
}

func deleted(line int) func([]string) []string {
	return func(lines []string) []string { return append(lines[:line-1], lines[line:]...) }
}

func moved(from, to int) func([]string) []string {
	return func(lines []string) []string {
		text := lines[from-1]
		return inserted(to, text)(deleted(from)(lines))
	}
}

func whole(text string) func([]string) []string {
	return func([]string) []string { return []string{text} }
}

const (
	noTime   = " is not a time in UTC and in whole seconds, such as 2026-11-23T04:00:00Z"
	badForm  = "the line is not in the form that rollcall writes"
	badOrder = "the line is out of order, which is: header, groups, changes, holds with what they hold, findings, trailer"
	badKey   = "the line is not an object with one key, which says what the line is"
)

// Each case is an edit of the golden file. Unless it is about the trailer, the
// trailer is right about the edited file.
func TestRead_faults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func([]string) []string
		want string
	}{
		"empty":                 {whole(""), "line 1: the file is empty"},
		"blank":                 {whole("\n"), "line 1: the line is empty"},
		"no_line_end_at_all":    {whole("x"), "line 1: the line has no end: the file is cut off"},
		"another_file":          {whole("group,login\n"), "line 1: the line is not JSON"},
		"no_header":             {deleted(headerLine), "line 1: there is no header, which is the first line of a plan"},
		"trailer_only":          {whole(`{"trailer":{}}` + "\n"), "line 1: there is no header, which is the first line of a plan"},
		"header_only":           {func(l []string) []string { return l[:1] }, "line 1: the file is cut off: it has no trailer"},
		"no_trailer":            {func(l []string) []string { return l[:trailerLine-1] }, "line 22: the file is cut off: it has no trailer"},
		"last_line_end":         {func(l []string) []string { return cutEnd(l, 1) }, "line 23: the line has no end: the file is cut off"},
		"cut_in_the_trailer":    {func(l []string) []string { return cutEnd(l, 9) }, "line 23: the line has no end: the file is cut off"},
		"blank_at_the_end":      {func(l []string) []string { return append(l, "\n") }, "line 24: there is more behind the trailer, which is the last line of a plan"},
		"bytes_at_the_end":      {func(l []string) []string { return append(l, "x") }, "line 24: the line has no end: the file is cut off"},
		"a_plan_at_the_end":     {func(l []string) []string { return append(l, l...) }, "line 24: there is more behind the trailer, which is the last line of a plan"},
		"newer_format":          {replaced(headerLine, `"format":1,`, `"format":2,`), "line 1: the plan has format 2, and this program reads format 1; use a newer rollcall"},
		"newer_unlike_ours":     {whole(`{"header":{"format":7,"allowed":{"x":1},"tool":3,"new":null}}` + "\n"), "line 1: the plan has format 7, and this program reads format 1; use a newer rollcall"},
		"format_zero":           {replaced(headerLine, `"format":1,`, `"format":0,`), "line 1: the plan has format 0, which there never was; this program reads format 1"},
		"no_format":             {replaced(headerLine, `"format":1,`, ``), "line 1: the header has no format, which is a number"},
		"format_is_a_text":      {replaced(headerLine, `"format":1,`, `"format":"1",`), "line 1: the header has no format, which is a number"},
		"format_other_case":     {replaced(headerLine, `"format":1,`, `"Format":1,`), "line 1: the header has no format, which is a number"},
		"second_header":         {func(l []string) []string { return inserted(2, l[0])(l) }, "line 2: a second header"},
		"not_json":              {replaced(groupLine, `"id":`, `"id"`), `line 3: the line is not JSON`},
		"cut_line":              {replaced(groupLine, `11}}`, `11}`), "line 3: the line breaks off"},
		"blank_line":            {inserted(3, "\n"), "line 3: the line is empty"},
		"not_utf8":              {replaced(groupLine, `Finance`, "Fin\xffance"), "line 3: the line is not UTF-8"},
		"two_values":            {replaced(groupLine, `11}}`, `11}}{"group":{}}`), "line 3: the line holds more than one value"},
		"value_and_rubbish":     {replaced(groupLine, `11}}`, `11}}x`), "line 3: the line holds more than one value"},
		"duplicate_kind":        {replaced(groupLine, `{"group":{`, `{"group":{},"group":{`), `line 3: the key "group" is there twice`},
		"duplicate_key":         {replaced(addLine, `"kind":"add",`, `"kind":"add","kind":"add",`), `line 7: the key "kind" is there twice`},
		"duplicate_deep":        {replaced(addLine, `"login":`, `"login":"x","login":`), `line 7: the key "login" is there twice`},
		"duplicate_in_list":     {replaced(headerLine, `"name":"ad",`, `"name":"ad","name":"ad",`), `line 1: the key "name" is there twice`},
		"duplicate_escaped":     {replaced(addLine, `"login":`, `"log\u0069n":"x","login":`), `line 7: the key "login" is there twice`},
		"unknown_field":         {replaced(addLine, `"cause":`, `"colour":"red","cause":`), `line 7: unknown field "colour"`},
		"unknown_deep":          {replaced(addLine, `"login":`, `"age":7,"login":`), `line 7: unknown field "age"`},
		"unknown_in_header":     {replaced(headerLine, `"tool":`, `"tools":[],"tool":`), `line 1: unknown field "tools"`},
		"wrong_type":            {replaced(addLine, `"login":"Ann@acme.example"`, `"login":7`), "line 7: change.user.login is a number, which it cannot be"},
		"too_large_a_number":    {replaced(groupLine, `"current":11`, `"current":99999999999999999999`), "line 3: group.current is a number 99999999999999999999, which it cannot be"},
		"unknown_kind":          {replaced(addLine, `"kind":"add"`, `"kind":"ad"`), `line 7: unknown kind "ad"; it can be create_group, adopt_group, rekey_group, rename_group, update_group, add, set_role, remove`},
		"unknown_role":          {replaced(addLine, `"after":"admin"`, `"after":"owner"`), `line 7: unknown role "owner"; it can be member, admin, other`},
		"unknown_role_before":   {replaced(removeLine, `"before":"other"`, `"before":"Member"`), `line 11: unknown role "Member"; it can be member, admin, other`},
		"unknown_cause":         {replaced(addLine, `"cause":"joined"`, `"cause":""`), `line 7: unknown cause ""; it can be joined, moved, unexplained, role, asked, source, left`},
		"unknown_rule":          {replaced(holdLine, `"rule":"removals"`, `"rule":"removal"`), `line 17: unknown rule "removal"; it can be ` + strings.Join(words(plan.Rules()), ", ")},
		"unknown_finding":       {replaced(findingLine, `"kind":"unknown_login"`, `"kind":"x"`), `line 21: unknown kind of finding "x"; it can be ` + strings.Join(words(plan.FindingKinds()), ", ")},
		"unknown_empty_group":   {replaced(headerLine, `"empty_group":"hold"`, `"empty_group":"no"`), `line 1: unknown limits.empty_group "no"; it can be hold, allow`},
		"unknown_on_limit":      {replaced(headerLine, `"on_limit":"hold_kind"`, `"on_limit":"no"`), `line 1: unknown limits.on_limit "no"; it can be hold_kind, block`},
		"unknown_line":          {replaced(groupLine, `{"group":{`, `{"grup":{`), `line 3: unknown kind of line "grup"; it can be header, group, change, hold, held, finding, trailer`},
		"line_other_case":       {replaced(groupLine, `{"group":{`, `{"Group":{`), `line 3: unknown kind of line "Group"; it can be header, group, change, hold, held, finding, trailer`},
		"two_kinds":             {replaced(groupLine, `11}}`, `11},"hold":{}}`), "line 3: " + badKey},
		"no_kind":               {inserted(3, "{}\n"), "line 3: " + badKey},
		"no_object":             {inserted(3, "[]\n"), "line 3: " + badKey},
		"hold_and_held":         {replaced(holdLine, `{"hold":`, `{"held":{},"hold":`), "line 17: " + badKey},
		"null_line":             {inserted(3, "null\n"), "line 3: " + badKey},
		"null_body":             {inserted(3, `{"group":null}`+"\n"), "line 3: " + badForm},
		"group_behind_change":   {moved(groupLine, addLine), "line 7: " + badOrder},
		"change_behind_hold":    {moved(rekeyLine, holdLine), "line 17: " + badOrder},
		"hold_behind_finding":   {moved(20, 21), "line 21: " + badOrder},
		"held_behind_finding":   {func(l []string) []string { return inserted(findingLine+1, l[heldLine-1])(l) }, "line 22: " + badOrder},
		"held_without_hold":     {moved(heldLine, 16), "line 16: a held change without a hold above it"},
		"bad_group_id":          {replaced(groupLine, `"id":"101"`, `"id":"0x65"`), `line 3: group "0x65" is no id of Box, which is a number`},
		"bad_hold_group":        {replaced(holdLine, `"id":""`, `"id":"-1"`), `line 17: group "-1" is no id of Box, which is a number`},
		"bad_finding_group":     {replaced(findingLine, `"id":""`, `"id":"x"`), `line 21: group "x" is no id of Box, which is a number`},
		"bad_change_group":      {replaced(roleLine, `"id":"101"`, `"id":"1e2"`), `line 10: group "1e2" is no id of Box, which is a number`},
		"bad_user_id":           {replaced(addLine, `"id":"1001"`, `"id":"18446744073709551616"`), `line 7: user "18446744073709551616" is no id of Box, which is a number`},
		"bad_membership_id":     {replaced(roleLine, `"membership":"5001"`, `"membership":"a"`), `line 10: membership "a" is no id of Box, which is a number`},
		"bad_created":           {replaced(headerLine, `"created":"2026-11-23T04:00:00Z"`, `"created":"now"`), `line 1: created: "now"` + noTime},
		"bad_expires":           {replaced(headerLine, `"expires":"2026-11-30T04:00:00Z"`, `"expires":""`), `line 1: expires: ""` + noTime},
		"time_zone":             {replaced(headerLine, `"created":"2026-11-23T04:00:00Z"`, `"created":"2026-11-23T05:00:00+01:00"`), `line 1: created: "2026-11-23T05:00:00+01:00"` + noTime},
		"time_no_zone":          {replaced(headerLine, `"created":"2026-11-23T04:00:00Z"`, `"created":"2026-11-23T04:00:00+00:00"`), `line 1: created: "2026-11-23T04:00:00+00:00"` + noTime},
		"time_parts_of_seconds": {replaced(headerLine, `"created":"2026-11-23T04:00:00Z"`, `"created":"2026-11-23T04:00:00.5Z"`), `line 1: created: "2026-11-23T04:00:00.5Z"` + noTime},
		"bad_scope":             {replaced(headerLine, `"Fin*"`, `"Fin["`), `line 1: scope.groups: pattern "Fin[": the [ has no ]; a bracket is written \[`},
		"bad_limit":             {replaced(headerLine, `"demotions":"10"`, `"demotions":"ten"`), `line 1: limits.demotions: limit "ten": want a number such as 500, or a percentage such as 5%`},
		"bad_double_limit":      {replaced(headerLine, `"[5%, 500]"`, `"[x%, 500]"`), `line 1: limits.removals: limit "x%": want a percentage such as 5%`},
		"bad_double_limit_2":    {replaced(headerLine, `"[5%, 500]"`, `"[5%, x]"`), `line 1: limits.removals: limit " x": want a number such as 500, or a percentage such as 5%`},
		"bad_allowance":         {replaced(headerLine, `"removals=137"`, `"removal=137"`), `line 1: allowed: "removal=137": there is no limit "removal"` + allLimits},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := c.edit(strings.SplitAfter(strings.TrimSuffix(string(goldenFile(t))+"|", "|"), "\n")[:trailerLine])
			file := strings.Join(lines, "")
			if len(lines) > 2 && strings.HasPrefix(lines[len(lines)-1], `{"trailer"`) && strings.HasSuffix(file, "\n") {
				file = sealed(t, lines)
			}
			assert.Equal(t, c.want, readError(t, file))
		})
	}
}

func words[T ~string](all []T) []string {
	var out []string
	for _, v := range all {
		out = append(out, string(v))
	}
	return out
}

func cutEnd(lines []string, n int) []string {
	last := &lines[len(lines)-1]
	*last = (*last)[:len(*last)-n]
	return lines
}

// What a line says is known, and it is not how rollcall says it.
func TestRead_canonicalForm(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func([]string) []string{
		"key_in_another_case":  replaced(addLine, `"login":`, `"Login":`),
		"blank":                replaced(addLine, `"kind":"add"`, `"kind": "add"`),
		"blank_at_the_end":     replaced(addLine, "}}\n", "}} \n"),
		"carriage_return":      replaced(addLine, "}}\n", "}}\r\n"),
		"missing_field":        replaced(addLine, `"before_name":"",`, ``),
		"missing_in_header":    replaced(headerLine, `"tool":"v0.4.0",`, ``),
		"order_of_fields":      replaced(addLine, `"before":"","after":"admin"`, `"after":"admin","before":""`),
		"null_text":            replaced(addLine, `"before_name":""`, `"before_name":null`),
		"null_list":            replaced(createLine, `"needs":[]`, `"needs":null`),
		"null_object":          replaced(createLine, `"user":{"id":"","login":"","name":""}`, `"user":null`),
		"escaped":              replaced(addLine, "Ärmel", `\u00c4rmel`),
		"escaped_html":         replaced(rekeyLine, `"Sales & <`, `"Sales \u0026 <`),
		"lone_surrogate":       replaced(addLine, "Ärmel", `\ud800`),
		"number_zero_in_front": replaced(addLine, `"id":"1001"`, `"id":"01001"`),
		"id_zero":              replaced(createLine, `"user":{"id":""`, `"user":{"id":"0"`),
		"minus_zero":           replaced(2, `"current":0`, `"current":-0`),
		"limit_otherwise":      replaced(headerLine, `"[5%, 500]"`, `"[5.0%, 500]"`),
		"limit_the_other_way":  replaced(headerLine, `"[5%, 500]"`, `"[500, 5%]"`),
		"limit_twice":          replaced(headerLine, `"[5%, 500]"`, `"[500, 500]"`),
		"allowance_otherwise":  replaced(headerLine, `"removals=137"`, `"removals= 137"`),
		"login_padded":         replaced(findingLine, `"login":"Zoe@acme.example"`, `"login":" Zoe@acme.example"`),
		"trailer_other_case":   replaced(trailerLine, `"held":`, `"Held":`),
		"trailer_blank":        replaced(trailerLine, `{"groups":`, `{ "groups":`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := strings.SplitAfter(string(goldenFile(t)), "\n")[:trailerLine]
			before := strings.Join(lines, "")
			file := sealed(t, edit(lines))
			require.NotEqual(t, before, file)
			assert.Regexp(t, `^line \d+: `+badForm+`$`, readError(t, file))
		})
	}
}

func TestRead_seal(t *testing.T) {
	t.Parallel()
	lines := func() []string { return strings.SplitAfter(string(goldenFile(t)), "\n")[:trailerLine] }
	require.Equal(t, string(goldenFile(t)), sealed(t, lines()), "sealing what is sealed changes it")

	file := strings.Join(deleted(groupLine)(lines()), "")
	assert.Equal(t, "line 22: the trailer counts 4 groups, 10 changes, 3 holds, 2 held, 2 findings, and the file has "+
		"3 groups, 10 changes, 3 holds, 2 held, 2 findings: lines are missing or were added", readError(t, file))
	for _, count := range []string{`"groups":4`, `"changes":10`, `"holds":3`, `"held":2`, `"findings":2`} {
		file = strings.Join(replaced(trailerLine, count, count+"0")(lines()), "")
		assert.Contains(t, readError(t, file), "line 23: the trailer counts", count)
	}

	sum := regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	file = strings.Join(replaced(findingLine, "Finance", "Legal")(lines()), "")
	assert.Equal(t, `line 23: the file was altered after it was written: the trailer says "sha256:…", and the lines before it give sha256:…`,
		sum.ReplaceAllString(readError(t, file), "sha256:…"))

	file = strings.Join(replaced(addLine, "Ann@", "Eve@")(lines()), "")
	assert.Contains(t, readError(t, file), "the file was altered", "the checksum speaks first")
	sealedAgain := sealed(t, replaced(addLine, "Ann@", "Eve@")(lines()))
	digest := goldenPlan().Digest()
	file = digestField.ReplaceAllString(sealedAgain, `"digest":"`+digest+`"`)
	assert.Equal(t, `line 23: the digest is not that of the changes: the trailer says "sha256:…", and the changes give sha256:…`,
		sum.ReplaceAllString(readError(t, file), "sha256:…"))
	assert.Contains(t, readError(t, file), `says "`+digest)
}

// A file that is right in itself may still hold what nobody could apply.
func TestRead_changesThatCannotBe(t *testing.T) {
	t.Parallel()
	const lacks = "line %d: the change %q needs %s, and has none"
	const badSettings = "settings that such a change can have"
	const goldenSettings = `"settings":[{"setting":"description","before":"Sells","after":"Sells & <buys>"},{"setting":"provenance","before":"","after":"HR"},` +
		`{"setting":"member_viewability_level","before":"admins_only","after":"admins_and_members"}]`
	type edits []func([]string) []string
	for name, c := range map[string]struct {
		edits edits
		want  string
	}{
		"id_of_another_kind":  {edits{replaced(addLine, `"id":"add/`, `"id":"remove/`)}, `line 7: the change has the id "remove/rollcall:main:hr:Board/1001", and what it says gives "add/rollcall:main:hr:Board/1001"`},
		"id_of_another_user":  {edits{replaced(roleLine, `"id":"1001"`, `"id":"1002"`)}, `line 10: the change has the id "set_role/101/1001", and what it says gives "set_role/101/1002"`},
		"id_of_another_group": {edits{replaced(roleLine, `"group":{"id":"101"`, `"group":{"id":"102"`)}, `line 10: the change has the id "set_role/101/1001", and what it says gives "set_role/102/1001"`},
		"group_change_of_a_user": {edits{replaced(adoptLine, `"user":{"id":""`, `"user":{"id":"7"`)},
			`line 12: the change has the id "adopt_group/102", and what it says gives "adopt_group/102/7"`},
		"duplicate": {edits{func(l []string) []string { return inserted(removeLine, l[roleLine-1])(l) }},
			`line 11: a second change has the id "set_role/101/1001"`},
		"duplicate_held": {edits{func(l []string) []string { return inserted(heldLine, l[heldLine-1])(l) }},
			`line 19: a second change has the id "remove/104/1001"`},
		"held_and_planned": {edits{func(l []string) []string {
			return inserted(heldLine, strings.Replace(l[roleLine-1], `{"change":`, `{"held":`, 1))(l)
		}}, `line 18: a second change has the id "set_role/101/1001"`},
		"need_of_nothing": {edits{deleted(adoptLine)}, `line 12: the change "remove/102/18446744073709551615" needs "adopt_group/102", which is no change of the plan`},
		"held_need_of_nothing": {edits{deleted(rekeyLine)},
			`line 17: the change "remove/104/1001" needs "rekey_group/104", which is no change of the plan`},
		"need_of_what_is_held": {edits{replaced(roleLine, `"needs":[]`, `"needs":["remove/104/1001"]`)},
			`line 10: the change "set_role/101/1001" needs "remove/104/1001", which is no change of the plan`},
		"no_group": {edits{replaced(createLine, `"identifier":"rollcall:main:hr:Board"`, `"identifier":""`)},
			`line 6: the change "create_group/rollcall:main:hr:Board" names no group: it has neither a group's id nor an identifier`},
		"creation_of_what_is_there": {edits{replaced(createLine, `"group":{"id":""`, `"group":{"id":"9"`)},
			fmt.Sprintf(lacks, createLine, "create_group/rollcall:main:hr:Board", "a group that is not in Box yet")},
		"creation_without_name": {edits{replaced(createLine, `"name":"Board"`, `"name":""`)},
			fmt.Sprintf(lacks, createLine, "create_group/rollcall:main:hr:Board", "a group's name")},
		"rename_without_name": {edits{replaced(9, `"name":"Finance"`, `"name":""`)}, fmt.Sprintf(lacks, 9, "rename_group/101", "a group's name")},
		"rename_without_id":   {edits{replaced(9, `"id":"101"`, `"id":""`)}, fmt.Sprintf(lacks, 9, "rename_group/101", "the group's id")},
		"adopt_without_id":    {edits{replaced(adoptLine, `"id":"102"`, `"id":""`)}, fmt.Sprintf(lacks, adoptLine, "adopt_group/102", "the group's id")},
		"adopt_without_identifier": {edits{replaced(adoptLine, `"identifier":"rollcall:main:hr:Legal"`, `"identifier":""`)},
			fmt.Sprintf(lacks, adoptLine, "adopt_group/102", "an identifier")},
		"rekey_without_id": {edits{replaced(rekeyLine, `"id":"104"`, `"id":""`)}, fmt.Sprintf(lacks, rekeyLine, "rekey_group/104", "the group's id")},
		"rekey_without_identifier": {edits{replaced(rekeyLine, `"identifier":"rollcall:main:hr:Sales & <Marketing>"`, `"identifier":""`)},
			fmt.Sprintf(lacks, rekeyLine, "rekey_group/104", "an identifier")},
		"rekey_of_none": {edits{replaced(rekeyLine, `"before_identifier":"rollcall:main:old:Sales"`, `"before_identifier":""`)},
			fmt.Sprintf(lacks, rekeyLine, "rekey_group/104", "the identifier before")},
		"update_without_id": {edits{replaced(updateLine, `"id":"104"`, `"id":""`)}, fmt.Sprintf(lacks, updateLine, "update_group/104", "the group's id")},
		"update_of_nothing": {edits{replaced(updateLine, goldenSettings, `"settings":[]`)}, fmt.Sprintf(lacks, updateLine, "update_group/104", "settings to change")},
		"update_to_nothing": {edits{replaced(updateLine, `"after":"HR"`, `"after":""`)}, fmt.Sprintf(lacks, updateLine, "update_group/104", badSettings)},
		"update_to_the_same": {edits{replaced(updateLine, `"before":"","after":"HR"`, `"before":"HR","after":"HR"`)},
			fmt.Sprintf(lacks, updateLine, "update_group/104", badSettings)},
		"update_twice": {edits{replaced(updateLine, `"setting":"provenance"`, `"setting":"description"`)}, fmt.Sprintf(lacks, updateLine, "update_group/104", badSettings)},
		"update_out_of_order": {edits{replaced(updateLine, `"setting":"description"`, `"setting":"invitability_level"`)},
			fmt.Sprintf(lacks, updateLine, "update_group/104", badSettings)},
		"creation_with_a_change": {edits{replaced(createLine, `"setting":"description","before":""`, `"setting":"description","before":"x"`)},
			fmt.Sprintf(lacks, createLine, "create_group/rollcall:main:hr:Board", badSettings)},
		"settings_of_a_member": {edits{replaced(addLine, `"settings":[]`, `"settings":[{"setting":"description","before":"","after":"x"}]`)},
			fmt.Sprintf(lacks, addLine, "add/rollcall:main:hr:Board/1001", badSettings)},
		"unknown_setting": {edits{replaced(updateLine, `"setting":"provenance"`, `"setting":"color"`)},
			`line 15: settings: unknown setting "color"; it can be description, provenance, invitability_level, member_viewability_level`},
		"add_without_user": {edits{replaced(addLine, `"id":"1001"`, `"id":""`)}, fmt.Sprintf(lacks, addLine, "add/rollcall:main:hr:Board/1001", "a user")},
		"add_without_role": {edits{replaced(addLine, `"after":"admin"`, `"after":""`)}, fmt.Sprintf(lacks, addLine, "add/rollcall:main:hr:Board/1001", "a role to give")},
		"add_of_other":     {edits{replaced(addLine, `"after":"admin"`, `"after":"other"`)}, fmt.Sprintf(lacks, addLine, "add/rollcall:main:hr:Board/1001", "a role to give")},
		"add_into_nothing": {edits{replaced(add2Line, `"needs":["create_group/rollcall:main:hr:Board"]`, `"needs":[]`)},
			fmt.Sprintf(lacks, add2Line, "add/rollcall:main:hr:Board/1002", "the creation of its group")},
		"add_into_another": {edits{replaced(add2Line, `"needs":["create_group/rollcall:main:hr:Board"]`, `"needs":["rename_group/101"]`)},
			fmt.Sprintf(lacks, add2Line, "add/rollcall:main:hr:Board/1002", "the creation of its group")},
		"role_without_group":      {edits{replaced(roleLine, `"id":"101"`, `"id":""`)}, fmt.Sprintf(lacks, roleLine, "set_role/101/1001", "the group's id")},
		"role_without_user":       {edits{replaced(roleLine, `"id":"1001"`, `"id":""`)}, fmt.Sprintf(lacks, roleLine, "set_role/101/1001", "a user")},
		"role_without_membership": {edits{replaced(roleLine, `"membership":"5001"`, `"membership":""`)}, fmt.Sprintf(lacks, roleLine, "set_role/101/1001", "a membership")},
		"role_without_before":     {edits{replaced(roleLine, `"before":"member"`, `"before":""`)}, fmt.Sprintf(lacks, roleLine, "set_role/101/1001", "a role before")},
		"role_without_after":      {edits{replaced(roleLine, `"after":"admin"`, `"after":""`)}, fmt.Sprintf(lacks, roleLine, "set_role/101/1001", "a role to give")},
		"removal_without_group":   {edits{replaced(removeLine, `"id":"101"`, `"id":""`)}, fmt.Sprintf(lacks, removeLine, "remove/101/1002", "the group's id")},
		"removal_without_user":    {edits{replaced(removeLine, `"id":"1002"`, `"id":""`)}, fmt.Sprintf(lacks, removeLine, "remove/101/1002", "a user")},
		"removal_without_membership": {edits{replaced(removeLine, `"membership":"5002"`, `"membership":""`)},
			fmt.Sprintf(lacks, removeLine, "remove/101/1002", "a membership")},
		"removal_without_role":    {edits{replaced(removeLine, `"before":"other"`, `"before":""`)}, fmt.Sprintf(lacks, removeLine, "remove/101/1002", "a role before")},
		"held_without_membership": {edits{replaced(heldLine, `"membership":"5003"`, `"membership":""`)}, fmt.Sprintf(lacks, heldLine, "remove/104/1001", "a membership")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lines := strings.SplitAfter(string(goldenFile(t)), "\n")[:trailerLine]
			for _, edit := range c.edits {
				lines = edit(lines)
			}
			assert.Equal(t, c.want, readError(t, sealed(t, lines)))
		})
	}
}

// No byte of a plan can be changed, lost or added without somebody noticing.
func TestRead_everyByteCounts(t *testing.T) {
	t.Parallel()
	p := goldenPlan()
	p.Header = plan.Header{Tool: "v1", Created: p.Header.Created, Allowed: p.Header.Allowed[:1]}
	p.Groups, p.Changes, p.Holds, p.Findings = p.Groups[:1], withIDs(p.Changes[4]), p.Holds[1:2], p.Findings[:1]
	p.Holds[0].Changes = p.Holds[0].Changes[1:]
	file := written(t, p)
	refused := func(what string, i int, altered []byte) {
		if _, err := plan.Read(bytes.NewReader(altered)); err == nil {
			t.Errorf("%s at byte %d goes unnoticed: %q", what, i, file[max(0, i-20):min(len(file), i+20)])
		} else if _, ok := errors.AsType[*plan.FileError](err); !ok {
			t.Errorf("%s at byte %d: %T", what, i, err)
		}
	}
	for i := range file {
		for _, bit := range []byte{0x01, 0x20} {
			altered := bytes.Clone(file)
			altered[i] ^= bit
			refused("a flipped bit", i, altered)
		}
		refused("a lost byte", i, append(bytes.Clone(file[:i]), file[i+1:]...))
		refused("a cut", i, file[:i])
	}
	for i := range len(file) + 1 {
		for _, b := range []byte("\n0") {
			refused("an added byte", i, append(append(bytes.Clone(file[:i]), b), file[i:]...))
		}
	}
}

// A line may have as many bytes as Write lets it have, and not one more.
func TestFile_lineLength(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Findings: []plan.Finding{{Kind: plan.Orphan}}}
	line := bytes.Count(written(t, p), nil) // any upper bound of what the rest of the line takes
	p.Findings[0].Text = strings.Repeat("x", plan.MaxLine-line)
	file := written(t, p)
	lines := strings.SplitAfter(string(file), "\n")
	p.Findings[0].Text += strings.Repeat("x", plan.MaxLine-len(lines[1]))
	file = written(t, p)
	assert.Empty(t, differences(p, read(t, file)))

	p.Findings[0].Text += "x"
	assert.ErrorContains(t, plan.Write(io.Discard, p), `a line of 16777217 bytes is more than the 16777216 that a plan may have: {"finding":{"kind":"orphan"`)
	long := bytes.Replace(file, []byte("xx"), []byte("xxx"), 1)
	assert.Equal(t, "line 2: the line is longer than the 16777216 bytes that a plan may have", readError(t, string(long)))
}

// endless is a line without an end.
type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'x'
	}
	e.read += len(b)
	if e.read > 2*plan.MaxLine {
		return 0, io.EOF
	}
	return len(b), nil
}

// No more of a line is read than a line may have, whatever there is.
func TestRead_endlessLine(t *testing.T) {
	t.Parallel()
	line := &endless{}
	_, err := plan.Read(line)
	assert.EqualError(t, err, "line 1: the line is longer than the 16777216 bytes that a plan may have")
	assert.Less(t, line.read, plan.MaxLine+1<<20)
}

// A read that fails says so, and not that the file is faulty.
func TestRead_readError(t *testing.T) {
	t.Parallel()
	file := goldenFile(t)
	broken := errors.New("the disk is gone")
	for _, cut := range []int{0, 10, len(file) - 1, len(file)} {
		_, err := plan.Read(io.MultiReader(bytes.NewReader(file[:cut]), iotest.ErrReader(broken)))
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "reading the plan: the disk is gone")
	}
	for name, r := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(file)), "halves": iotest.HalfReader(bytes.NewReader(file)),
		"with_the_error": iotest.DataErrReader(bytes.NewReader(file)),
	} {
		p, err := plan.Read(r)
		require.NoError(t, err, name)
		require.Empty(t, differences(goldenPlan(), p), name)
	}
}

// FuzzRead checks that whatever is read is written as the same bytes, and that
// nothing makes the reader panic.
func FuzzRead(f *testing.F) {
	file := goldenFile(f)
	f.Add(file)
	f.Add([]byte(sealed(f, strings.SplitAfter(string(file), "\n")[trailerLine-1:trailerLine])))
	for line := range bytes.Lines(file) {
		f.Add(line)
	}
	var empty bytes.Buffer
	if err := plan.Write(&empty, &plan.Plan{}); err != nil {
		f.Fatal(err)
	}
	f.Add(empty.Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		// Random bytes never have the right sums. With them corrected, where there
		// is a line to correct, the fuzzer gets at what is behind.
		for _, file := range [][]byte{file, []byte(resealed(t, file))} {
			p, err := plan.Read(bytes.NewReader(file))
			if err != nil {
				if _, ok := errors.AsType[*plan.FileError](err); !ok || p != nil {
					t.Fatalf("%T %v", err, p)
				}
				continue
			}
			var out bytes.Buffer
			if err := plan.Write(&out, p); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			if !bytes.Equal(file, out.Bytes()) {
				t.Fatalf("read\n%s\nwritten\n%s", file, out.Bytes())
			}
		}
	})
}

// resealed closes a file with a trailer that is right about it.
func resealed(t testing.TB, file []byte) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(string(file)) {
		if !strings.HasPrefix(line, `{"trailer":`) {
			lines = append(lines, strings.TrimSuffix(line, "\n")+"\n")
		}
	}
	golden := strings.SplitAfter(string(goldenFile(t)), "\n")
	return sealed(t, append(lines, golden[trailerLine-1]))
}
