package cmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	generator "github.com/invopop/jsonschema"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// The schema that the program carries is the one that the type config and
// schemaKeys give. UPDATE=1 writes it anew.
func TestConfigSchema_isUpToDate(t *testing.T) {
	t.Parallel()
	want := generateSchema(t)
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile("config.schema.json", want, 0o644))
		return
	}
	assert.Equal(t, string(want), configSchema, "run make golden, and read the difference")
}

func generateSchema(t *testing.T) []byte {
	t.Helper()
	r := &generator.Reflector{
		FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true, Anonymous: true, DoNotReference: true,
		Mapper: func(t reflect.Type) *generator.Schema {
			if !readsItself(t) {
				return nil
			}
			return &generator.Schema{Ref: "#/$defs/" + t.Name()}
		},
	}
	s := r.ReflectFromType(reflect.TypeFor[config]())
	s.Title = "The configuration of rollcall"
	s.Required = []string{"version", "sources", "target"}
	s.Definitions = schemaForms()
	keys := schemaKeys()
	describe(t, "", s, reflect.TypeFor[config](), keys)
	assert.Empty(t, slices.Sorted(maps.Keys(keys)), "schemaKeys describes keys that the configuration does not have")
	text, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	return append(text, '\n')
}

// readsItself reports whether a type of the configuration has a form of its own.
func readsItself(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]())
}

// describe puts into the schema of a section what schemaKeys says of its keys,
// and takes it out of the map.
func describe(t *testing.T, path string, s *generator.Schema, section reflect.Type, keys map[string]keyFacts) {
	t.Helper()
	fields := fieldsOf(section)
	for p := s.Properties.Oldest(); p != nil; p = p.Next() {
		key, value, field := strings.TrimPrefix(path+"."+p.Key, "."), p.Value, fields[p.Key]
		facts, known := keys[key]
		delete(keys, key)
		if !assert.True(t, known, "the new key %q needs a line in schemaKeys: what does it mean, and what can it be?", key) {
			continue
		}
		value.Description = facts.says
		if facts.more != nil {
			facts.more(value)
		}
		optional := field.Kind() != reflect.Pointer && facts.more == nil
		for field.Kind() == reflect.Pointer || field.Kind() == reflect.Slice {
			if field.Kind() == reflect.Slice {
				orNull(value, optional)
				value = value.Items
			}
			field = field.Elem()
		}
		orNumber(value)
		if field.Kind() == reflect.Struct && !readsItself(field) {
			describe(t, key, value, field, keys)
			orNull(value, optional && value == p.Value)
		}
	}
}

// orNumber accepts a text that YAML takes for a number, as the program does: it
// keeps what stands in the file.
func orNumber(s *generator.Schema) {
	if s.Type == "string" && s.Enum == nil {
		s.Type, s.Extras = "", map[string]any{"type": []string{"string", "number"}}
	}
}

// orNull accepts a section or a list with nothing in it, which means the
// defaults.
func orNull(s *generator.Schema, optional bool) {
	if optional {
		s.Extras = map[string]any{"type": []string{s.Type, "null"}}
		s.Type = ""
	}
}

// validator is the schema, ready to use. It is made anew, so that it is right
// also while the file is being rewritten.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(generateSchema(t)))
	require.NoError(t, err)
	assert.Equal(t, "https://json-schema.org/draft/2020-12/schema", document.(map[string]any)["$schema"])
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("config.schema.json", document))
	compiled, err := c.Compile("config.schema.json")
	require.NoError(t, err)
	return compiled
}

// asJSON returns a YAML text as an editor's validator sees it. Of a key that
// stands twice the last counts: that is another checker's business.
func asJSON(t require.TestingT, text []byte) any {
	var tree yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &tree))
	return valueAsJSON(t, tree.Content[0])
}

func valueAsJSON(t require.TestingT, node *yaml.Node) any {
	node = behind(node)
	switch node.Kind {
	case yaml.MappingNode:
		all := map[string]any{}
		for i := 0; i < len(node.Content); i += 2 {
			all[node.Content[i].Value] = valueAsJSON(t, node.Content[i+1])
		}
		return all
	case yaml.SequenceNode:
		all := []any{}
		for _, entry := range node.Content {
			all = append(all, valueAsJSON(t, entry))
		}
		return all
	default:
		if node.ShortTag() == "!!timestamp" { // as JSON knows none
			return node.Value
		}
		var value any
		require.NoError(t, node.Decode(&value))
		return value
	}
}

// faults returns where a validated text is wrong, as paths: a/0/b. Of something
// that fits none of several forms only the place is told.
func faults(err error) []string {
	found := map[string]bool{}
	var collect func(*jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		place := strings.Join(e.InstanceLocation, "/")
		switch k := e.ErrorKind.(type) {
		case *kind.AdditionalProperties:
			for _, key := range k.Properties {
				found[strings.TrimPrefix(place+"/"+key, "/")] = true
			}
		default:
			if len(e.Causes) == 0 {
				found[place] = true
			}
		}
		for _, cause := range e.Causes {
			collect(cause)
		}
	}
	if e, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		collect(e)
	}
	return slices.Sorted(maps.Keys(found))
}

// usable reports what the program itself finds wrong with a configuration.
func usable(text []byte) error {
	c, err := parseConfig("file.yaml", text)
	if c == nil || err != nil {
		return err
	}
	found := c.problems()
	for _, s := range c.Sources {
		if s.CSV != nil {
			_, err := newSource(&Env{}, c, s)
			found = append(found, err)
		}
	}
	return errors.Join(found...)
}

func TestConfigSchema_isPrinted(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	env := &Env{Stdout: &stdout, Stderr: &stderr, LookupEnv: func(string) (string, bool) { return "", false }}
	assert.Zero(t, Run(t.Context(), env, []string{"config", "schema"}))
	assert.Equal(t, configSchema, stdout.String())
	assert.Empty(t, stderr.String())

	env.Stdout = &brokenLine{}
	assert.Equal(t, exitInput, Run(t.Context(), env, []string{"config", "schema"}))
	assert.Equal(t, "rollcall: write to standard output: broken pipe\n", stderr.String())
}

// The editor finds the schema where the example says that it is.
func TestConfigSchema_isWhereTheExampleSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^# yaml-language-server: \$schema=(\S+)$`).FindSubmatch(text)
	require.NotNil(t, line)
	assert.Equal(t, "cmd/config.schema.json", string(line[1]))
}

// What the scripts configure is valid if the program can use it.
func TestConfigSchema_acceptsWhatTheScriptsUse(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	require.NoError(t, err)
	texts := map[string][]byte{"standard": []byte(demoConfig)}
	for _, script := range scripts {
		archive, err := txtar.ParseFile(script)
		require.NoError(t, err)
		for _, f := range archive.Files {
			text := bytes.ReplaceAll(f.Data, []byte("${BOX_URL}"), []byte("http://127.0.0.1:1"))
			if strings.HasSuffix(f.Name, ".yaml") && usable(text) == nil {
				texts[filepath.Base(script)+"/"+f.Name] = text
			}
		}
	}
	require.Greater(t, len(texts), 10)
	for name, text := range texts {
		assert.Empty(t, faults(schema.Validate(asJSON(t, text))), name)
	}
}

// What the configuration's own tests have wrong, the schema finds too, each at
// its place. It cannot find keys that stand twice, or two sources of one name, and
// takes 1e3 for a whole number, as JSON does.
func TestConfigSchema_findsWhatTheProgramRefuses(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	archive, err := txtar.ParseFile("testdata/script/config_errors.txtar")
	require.NoError(t, err)
	want := map[string][]string{
		"keys.yaml": {"instace", "limits/removal"},
		"types.yaml": {
			"groups/include/0", "limits/adds", "limits/adds/1", "limits/removals", "target/box/auth/ccg/client_secret", "target/box/timeout",
		},
		"kinds.yaml": {
			"groups", "limits/floor", "limits/removals", "log/level", "members/domains", "members/manage_roles", "members/protect/0",
			"members/protect/1", "members/remove", "sources", "target/box/auth", "target/box/rate/burst",
			"target/box/rate/requests_per_minute", "version",
		},
		"values.yaml": {
			"instance", "limits/empty_group", "limits/floor/run", "limits/on_limit", "log/format", "log/level", "run/order",
			"sources/0/csv", "sources/0/csv/delimiter", "sources/0/name", "sources/1", "sources/2/csv/default_role",
			"sources/2/csv/on_bad_row", "target/box/as_user", "target/box/auth", "target/box/max_calls",
			"target/box/rate/concurrency", "target/box/retry/max_attempts", "target/box/timeout", "version",
		},
	}
	for name, places := range want {
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
		require.GreaterOrEqual(t, i, 0, name)
		require.Error(t, usable(archive.Files[i].Data), name)
		assert.Equal(t, places, faults(schema.Validate(asJSON(t, archive.Files[i].Data))), name)
	}
}
