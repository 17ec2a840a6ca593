package manual_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
)

var (
	flagInCode = regexp.MustCompile(`(?:^|[ [])(--[a-z][a-z0-9-]+)`)
	keyInCode  = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+`)
	wordInCode = regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	file       = regexp.MustCompile(`\.(com|csv|example|go|json|jsonl|md|mod|yaml)$`)
)

// What a page names in passing is there: flags, keys of the configuration, words
// of a plan, commands.
func TestNames(t *testing.T) {
	t.Parallel()
	program := built.Program(t)
	known, commands := flags(t, program)
	schema := keys(t, program)
	plans, err := os.ReadFile(filepath.Join(root, "docs/schemas/plan.schema.json"))
	require.NoError(t, err)
	spelt := words(decoded(t, plans), words(decoded(t, []byte(output(t, program, "config", "schema"))), map[string]bool{}))
	for _, page := range pages(t) {
		for _, code := range page.Code {
			at := fmt.Sprintf("%s:%d: `%s`", page.Name, code.Line, code.Text)
			for _, found := range flagInCode.FindAllStringSubmatch(code.Text, -1) {
				assert.True(t, known[found[1]] || slices.Contains(othersFlags(), found[1]), "%s: no command has %s", at, found[1])
			}
			if key := keyInCode.FindString(code.Text); key != "" && !file.MatchString(key) {
				path := strings.Split(key, ".")
				assert.True(t, schema.has(path) || !spelt[path[0]], "%s: the configuration has no such key", at)
			}
			if wordInCode.MatchString(code.Text) && !slices.Contains(othersWords(), code.Text) {
				assert.True(t, spelt[code.Text], "%s: neither a plan nor the configuration has this word", at)
			}
			if command, ok := strings.CutPrefix(strings.TrimPrefix(code.Text, "bin/"), "rollcall "); ok {
				checkCommand(t, program, at, command, commands)
			}
		}
	}
}

// checkCommand lets the program parse a command that stands in the text. What is
// spelt … there, or in capitals, stands for something.
func checkCommand(t *testing.T, program, at, args string, commands map[string]bool) {
	t.Helper()
	first := strings.Fields(args)[0]
	assert.True(t, commands[first] || strings.HasPrefix(first, "-"), "%s: there is no such command", at)
	if first != "help" { // which says whether it knows the topic
		args += " --help"
	}
	parse := exec.CommandContext(t.Context(), "bash", "-c", strconv.Quote(program)+" "+args)
	out, err := parse.CombinedOutput()
	assert.NoError(t, err, "%s: %s", at, out)
}

// Links to other files of the project lead somewhere.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, link := range page.Links {
			if strings.HasPrefix(link.Text, "https://") {
				continue
			}
			_, err := os.Stat(filepath.Join(root, filepath.Dir(page.Name), link.Text))
			assert.NoError(t, err, "%s:%d: the link leads nowhere", page.Name, link.Line)
		}
	}
}

// othersFlags are flags that pages name and that are another program's.
func othersFlags() []string { return []string{"--from-file"} }

// othersWords are words that look like ours and are Box's, or of the files that
// this project reads.
func othersWords() []string {
	return []string{
		"access_denied_insufficient_permissions", "box_group", "cannot_delete_edit", "cannot_delete_edit_upload", "enterprise_role",
		"external_sync_identifier", "is_confirmed", "is_platform_access_only",
	}
}

// flags returns the flags of all commands, out of their help, and the commands.
func flags(t *testing.T, program string) (known, commands map[string]bool) {
	t.Helper()
	known, commands = map[string]bool{}, map[string]bool{"help": true}
	_, list, _ := strings.Cut(output(t, program, "--help"), "\nCommands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		commands[strings.Fields(line)[0]] = true
	}
	flag := regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z][a-z0-9-]+)`)
	for _, c := range slices.Concat([]string{""}, slices.Collect(maps.Keys(commands))) {
		for _, found := range flag.FindAllStringSubmatch(output(t, program, append(strings.Fields(c), "--help")...), -1) {
			known[found[1]] = true
		}
	}
	require.Greater(t, len(known), 30)
	return known, commands
}

// node is a part of a JSON schema.
type node struct {
	Properties map[string]node
	Items      *node
}

func keys(t *testing.T, program string) node {
	t.Helper()
	var schema node
	require.NoError(t, json.Unmarshal([]byte(output(t, program, "config", "schema")), &schema))
	return schema
}

// has reports whether there are such keys, from the top or from anywhere below.
func (n node) has(path []string) bool {
	if n.Items != nil {
		n = *n.Items
	}
	if n.leads(path) {
		return true
	}
	for _, part := range n.Properties {
		if part.has(path) {
			return true
		}
	}
	return false
}

func (n node) leads(path []string) bool {
	if n.Items != nil {
		n = *n.Items
	}
	if len(path) == 0 {
		return true
	}
	next, ok := n.Properties[path[0]]
	return ok && next.leads(path[1:])
}

// words adds the keys and the values that the documents of a schema may have.
func words(schema any, known map[string]bool) map[string]bool {
	switch part := schema.(type) {
	case map[string]any:
		properties, _ := part["properties"].(map[string]any)
		for key := range properties {
			known[key] = true
		}
		values, _ := part["enum"].([]any)
		for _, value := range values {
			known[fmt.Sprint(value)] = true
		}
		for _, below := range part {
			words(below, known)
		}
	case []any:
		for _, below := range part {
			words(below, known)
		}
	}
	return known
}

// decoded returns a JSON document.
func decoded(t *testing.T, text []byte) (document any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(text, &document))
	return document
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	require.NoError(t, err, "%s", args)
	return string(out)
}
