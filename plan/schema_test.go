package plan_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/target"
)

func schemaPath() string { return filepath.Join("..", "docs", "schemas", "plan.schema.json") }

// schema compiles the published schema, or what is at a place in it.
func schema(t testing.TB, at string) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(schemaPath() + at)
	require.NoError(t, err)
	return compiled
}

func decoded(t require.TestingT, text []byte) any {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err, "%s", text)
	return value
}

func document(t require.TestingT, p *plan.Plan, run *report.Run) any {
	var out bytes.Buffer
	require.NoError(t, report.JSON(&out, p, run))
	return decoded(t, out.Bytes())
}

// ran is a run of the plan with every outcome.
func ran(p *plan.Plan) *report.Run {
	run := &report.Run{ID: "r1", Started: time.Unix(1, 5), Ended: time.Unix(90, 0), Stopped: "interrupted", Calls: 7, Results: make([]plan.Result, len(p.Changes))}
	for i := range run.Results {
		run.Results[i] = plan.Result{Outcome: outcomes()[i%len(outcomes())], Detail: "why"}
	}
	return run
}

func TestSchema_isOne(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(schemaPath())
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	meta, err := compiler.Compile("https://json-schema.org/draft/2020-12/schema")
	require.NoError(t, err)
	require.NoError(t, meta.Validate(decoded(t, text)))
}

// Whatever is written is as the schema says: documents, with and without a run,
// and every line of a file.
func TestProperty_schemaDescribesWhatIsWritten(t *testing.T) {
	t.Parallel()
	whole, line := schema(t, ""), schema(t, "#/$defs/line")
	for name, draw := range map[string]func(*rapid.T) *plan.Plan{
		"random_values": anyPlan,
		"worlds": func(t *rapid.T) *plan.Plan {
			limits := drawLimits(t)
			_, p := drawPlan(t, func(o *plan.Options) { o.Limits = limits })
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				p := draw(t)
				require.NoError(t, whole.Validate(document(t, p, nil)))
				require.NoError(t, whole.Validate(document(t, p, ran(p))))
				for text := range bytes.Lines(written(t, p)) {
					require.NoError(t, line.Validate(decoded(t, text)), "%s", text)
				}
			})
		})
	}
}

// spoilt calls f for the value with one thing spoilt in it, again and again:
// every field missing, every object with a field more, everything null.
func spoilt(value any, f func(what string)) {
	spoil(value, "", f, func(any) {})
}

func spoil(value any, path string, f func(what string), set func(any)) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			at, old := path+"/"+key, v[key]
			delete(v, key)
			f("without " + at)
			v[key] = nil
			f("null in " + at)
			v[key] = old
			spoil(old, at, f, func(n any) { v[key] = n })
		}
		v["colour"] = ""
		f("colour in " + path)
		delete(v, "colour")
	case []any:
		for i, old := range v {
			v[i] = nil
			f(fmt.Sprintf("null in %s/%d", path, i))
			v[i] = old
			spoil(old, fmt.Sprintf("%s/%d", path, i), f, func(n any) { v[i] = n })
		}
	case string:
		if !isWord(path) {
			return
		}
		for _, word := range []string{"x", strings.ToUpper(v) + "X", v + " "} {
			set(word)
			f(fmt.Sprintf("%q in %s", word, path))
		}
		set(v)
	default:
	}
}

// isWord reports whether the text at the path is one of some words.
func isWord(path string) bool {
	if strings.Contains(path, "/settings/") {
		return strings.HasSuffix(path, "/setting")
	}
	switch path[strings.LastIndex(path, "/")+1:] {
	case "kind":
		return !strings.Contains(path, "/sources/")
	case "rule", "cause", "before", "after", "outcome", "empty_group", "last_admin", "on_limit":
		return true
	}
	return false
}

// Whatever is spoilt in a document or a line, the schema refuses.
func TestSchema_refuses(t *testing.T) {
	t.Parallel()
	whole, line := schema(t, ""), schema(t, "#/$defs/line")
	p := goldenPlan()
	p.Groups, p.Changes, p.Holds, p.Findings = p.Groups[:1], slices.Concat(p.Changes[4:6], p.Changes[9:]), p.Holds[1:2], p.Findings[:1]
	p.Holds[0].Changes = p.Holds[0].Changes[1:]
	n := 0
	for name, value := range map[string]any{"plan": document(t, p, nil), "run": document(t, p, ran(p))} {
		spoilt(value, func(what string) {
			n++
			assert.Error(t, whole.Validate(value), "%s: %s", name, what)
		})
		require.NoError(t, whole.Validate(value), "%s was not put in order again", name)
	}
	for text := range bytes.Lines(written(t, p)) {
		value := decoded(t, text)
		spoilt(value, func(what string) {
			n++
			assert.Error(t, line.Validate(value), "%s in %s", what, text)
		})
		require.NoError(t, line.Validate(value))
	}
	assert.Greater(t, n, 900, "this tries fewer things than there are")
}

// What Read refuses because nobody could apply it, the schema refuses too, as far
// as a schema can tell.
func TestSchema_refusesChangesThatCannotBe(t *testing.T) {
	t.Parallel()
	line := schema(t, "#/$defs/line")
	lines := strings.SplitAfter(string(goldenFile(t)), "\n")
	for name, edit := range map[string]func([]string) []string{
		"creation_of_what_is_there": replaced(createLine, `"group":{"id":""`, `"group":{"id":"9"`),
		"no_group":                  replaced(createLine, `"identifier":"rollcall:main:hr:Board"`, `"identifier":""`),
		"adoption_of_nothing":       replaced(adoptLine, `"group":{"id":"102"`, `"group":{"id":""`),
		"rekey_of_none":             replaced(rekeyLine, `"before_identifier":"rollcall:main:old:Sales"`, `"before_identifier":""`),
		"add_without_user":          replaced(addLine, `"id":"1001"`, `"id":""`),
		"add_without_role":          replaced(addLine, `"after":"admin"`, `"after":""`),
		"add_of_other":              replaced(addLine, `"after":"admin"`, `"after":"other"`),
		"role_without_membership":   replaced(roleLine, `"membership":"5001"`, `"membership":""`),
		"removal_without_group":     replaced(removeLine, `"group":{"id":"101"`, `"group":{"id":""`),
		"removal_without_role":      replaced(removeLine, `"before":"other"`, `"before":""`),
		"update_of_nothing":         replaced(updateLine, `"group":{"id":"104"`, `"group":{"id":""`),
		"update_to_nothing":         replaced(updateLine, `"after":"HR"`, `"after":""`),
		"creation_of_a_change":      replaced(createLine, `"setting":"description","before":""`, `"setting":"description","before":"x"`),
		"settings_of_a_member":      replaced(addLine, `"settings":[]`, `"settings":[{"setting":"description","before":"","after":"x"}]`),
		"bad_id":                    replaced(removeLine, `"membership":"5002"`, `"membership":"05002"`),
		"bad_time":                  replaced(headerLine, `"created":"2026-11-23T04:00:00Z"`, `"created":"2026-11-23T04:00:00+00:00"`),
		"bad_limit":                 replaced(headerLine, `"demotions":"10"`, `"demotions":"ten"`),
		"newer_format":              replaced(headerLine, `"format":1`, `"format":2`),
		"outcome_of_a_line":         replaced(addLine, `"needs":`, `"outcome":"applied","detail":"","needs":`),
		"changes_in_a_hold_line":    replaced(holdLine, `"release":`, `"changes":[],"release":`),
		"two_kinds":                 replaced(groupLine, "}\n", ","+strings.TrimPrefix(lines[findingLine-1], "{")),
		"no_kind":                   replaced(groupLine, lines[groupLine-1], "{}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			edited := edit(slices.Clone(lines))
			at := slices.IndexFunc(edited, func(s string) bool { return !slices.Contains(lines, s) })
			require.GreaterOrEqual(t, at, 0)
			require.NoError(t, line.Validate(decoded(t, []byte(lines[at]))))
			require.Error(t, line.Validate(decoded(t, []byte(edited[at]))))
		})
	}
}

// The words in the schema are those in the code, in their order, and there is no
// list of words beside those.
func TestSchema_words(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(schemaPath())
	require.NoError(t, err)
	found := map[string][]string{}
	var walk func(value any, path []string)
	walk = func(value any, path []string) {
		object, _ := value.(map[string]any)
		if enum, ok := object["enum"].([]any); ok {
			for _, word := range enum {
				found[strings.Join(path, ".")] = append(found[strings.Join(path, ".")], word.(string))
			}
		}
		properties, _ := object["properties"].(map[string]any)
		for key, property := range properties {
			walk(property, append(slices.Clone(path), key))
		}
	}
	doc := decoded(t, text).(map[string]any)
	walk(doc, nil)
	for name, def := range doc["$defs"].(map[string]any) {
		walk(def, []string{name})
	}
	assert.Equal(t, map[string][]string{
		"change.kind":               wordsOf(plan.Kinds()),
		"change.cause":              wordsOf(plan.Causes()),
		"hold.news":                 wordsOf(plan.AllNews()),
		"hold.rule":                 words(plan.Rules()),
		"room.rule":                 {"removals", "demotions", "admin_grants", "adds", "group_creations", "group_renames", "unknown_logins"},
		"group_room.rule":           {"removals_per_group", "adds_per_group"},
		"source_room.rule":          {"source_shrink"},
		"source_room.counted":       {"lost group", "lost membership"},
		"source_room.among":         {"group", "membership"},
		"finding.kind":              words(plan.FindingKinds()),
		"notice.kind":               words(plan.NoticeKinds()),
		"setting.setting":           wordsOf(plan.Settings()),
		"outcome":                   wordsOf(outcomes()),
		"role":                      append([]string{""}, wordsOf([]target.Role{target.RoleMember, target.RoleAdmin, target.RoleOther})...),
		"header.limits.empty_group": {"hold", "allow"},
		"header.limits.last_admin":  {"hold", "allow"},
		"header.limits.on_limit":    {"hold_kind", "block"},
	}, found)
}

// Everything in the schema says what it is, and no object has fields beside those
// that it names.
func TestSchema_isDescribedAndClosed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(schemaPath())
	require.NoError(t, err)
	doc := decoded(t, text).(map[string]any)
	defs := doc["$defs"].(map[string]any)
	for name, def := range defs {
		assert.NotEmpty(t, def.(map[string]any)["description"], "$defs/%s", name)
	}
	var walk func(value any, path string)
	walk = func(value any, path string) {
		object, ok := value.(map[string]any)
		if !ok {
			return
		}
		if object["type"] == "object" {
			assert.Equal(t, false, object["additionalProperties"], path)
		}
		properties, _ := object["properties"].(map[string]any)
		_, refines := object["$ref"]
		for key, p := range properties {
			if property, ok := p.(map[string]any); ok && object["type"] == "object" && !refines {
				assert.True(t, property["description"] != nil || property["$ref"] != nil, "%s/%s is not described", path, key)
			}
		}
		for key, child := range object {
			walk(child, path+"/"+key)
		}
	}
	walk(doc, "")
}
