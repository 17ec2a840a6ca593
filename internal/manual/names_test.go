package manual_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
)

var (
	flagInText = regexp.MustCompile("`(--[a-z][a-z0-9-]+)")
	keyInText  = regexp.MustCompile("`((?:sources|target|groups|members|policies|limits|run|holds|log)(?:\\.[a-z_]+)+)`")
)

// Every flag and every key of the configuration that a page names is one.
func TestNames(t *testing.T) {
	t.Parallel()
	program := built.Program(t)
	known := flags(t, program)
	schema := keys(t, program)
	for _, page := range pages(t) {
		text, err := os.ReadFile(filepath.Join(root, page.Name))
		require.NoError(t, err)
		for _, found := range flagInText.FindAllStringSubmatch(string(text), -1) {
			if slices.Contains(othersFlags(), found[1]) {
				continue
			}
			assert.Contains(t, known, found[1], "%s: no command has this flag", page.Name)
		}
		for _, found := range keyInText.FindAllStringSubmatch(string(text), -1) {
			if strings.HasSuffix(found[1], ".csv") { // a file
				continue
			}
			assert.True(t, schema.has(strings.Split(found[1], ".")), "%s: the configuration has no key %s", page.Name, found[1])
		}
	}
}

// othersFlags are flags that pages name and that are another program's.
func othersFlags() []string { return []string{"--from-file"} }

// flags returns the flags of all commands, out of their help.
func flags(t *testing.T, program string) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	commands := []string{""}
	_, list, _ := strings.Cut(output(t, program, "--help"), "\nCommands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		commands = append(commands, strings.Fields(line)[0])
	}
	flag := regexp.MustCompile(`(?m)^ +(?:-\w, )?(--[a-z][a-z0-9-]+)`)
	for _, c := range commands {
		for _, found := range flag.FindAllStringSubmatch(output(t, program, append(strings.Fields(c), "--help")...), -1) {
			known[found[1]] = true
		}
	}
	require.Greater(t, len(known), 30)
	return known
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

func (n node) has(path []string) bool {
	if n.Items != nil {
		n = *n.Items
	}
	if len(path) == 0 {
		return true
	}
	next, ok := n.Properties[path[0]]
	return ok && next.has(path[1:])
}

func output(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, args...).Output()
	require.NoError(t, err, "%s", args)
	return string(out)
}
