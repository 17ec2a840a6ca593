package cmd

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// commentedKey is a line that the example has commented out: a key, or an entry of
// a list that begins with one.
var commentedKey = regexp.MustCompile(`^( *)# ((?:- )?[a-z_]+):(?: |$)`)

// excluding are keys of which a section has one at a time.
func excluding() [][]string {
	return [][]string{{"box", "emulator"}, {"jwt", "ccg", "token"}, {"csv", "ldap"}}
}

// uncommented is the example with blocks that were commented out taken in.
type uncommented struct {
	name  string
	lines []string
	taken []int // the lines of the keys that were taken in, from 1
}

// blocksIn returns the example with each block that is commented out between two
// lines, and with each that is commented out within such a block.
func blocksIn(u uncommented, from, to int) []uncommented {
	var all []uncommented
	for i := from; i < to; i++ {
		m := commentedKey.FindStringSubmatch(u.lines[i])
		if m == nil {
			continue
		}
		indent := m[1]
		with := uncommented{
			name: u.name + "/" + strconv.Itoa(i+1) + " " + strings.TrimPrefix(m[2], "- "), lines: slices.Clone(u.lines), taken: slices.Clone(u.taken),
		}
		first := i
		for ; i < to && strings.HasPrefix(u.lines[i], indent+"# "); i++ {
			if m := commentedKey.FindStringSubmatch(u.lines[i]); m != nil && m[1] == indent {
				with.taken = append(with.taken, i+1)
			}
			with.lines[i] = indent + strings.TrimPrefix(u.lines[i], indent+"# ")
		}
		all = append(append(all, with), blocksIn(with, first, i)...)
		i--
	}
	return all
}

// text returns the example as somebody leaves it who takes the blocks in: what
// they exclude, and what they say anew, is gone.
func (u uncommented) text(t *testing.T) []byte {
	t.Helper()
	var tree yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(strings.Join(u.lines, "\n")), &tree), u.name)
	u.settle(&tree)
	text, err := yaml.Marshal(&tree)
	require.NoError(t, err)
	return text
}

func (u uncommented) settle(node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		for i := 0; i < len(node.Content); i += 2 {
			if key := node.Content[i]; slices.Contains(u.taken, key.Line) {
				node.Content = u.without(node.Content, key)
				i = slices.Index(node.Content, key)
			}
		}
	}
	for _, inner := range node.Content {
		u.settle(inner)
	}
}

// without returns keys and values without those that a key replaces.
func (u uncommented) without(content []*yaml.Node, key *yaml.Node) []*yaml.Node {
	var kept []*yaml.Node
	for i := 0; i < len(content); i += 2 {
		other := content[i]
		excluded := slices.ContainsFunc(excluding(), func(s []string) bool {
			return slices.Contains(s, key.Value) && slices.Contains(s, other.Value)
		})
		if other == key || other.Value != key.Value && !excluded {
			kept = append(kept, other, content[i+1])
		}
	}
	return kept
}

// exampleForms returns config.example.yaml as it is, and with each block that is
// commented out taken in.
func exampleForms(t *testing.T) map[string][]byte {
	t.Helper()
	raw, err := os.ReadFile("../config.example.yaml")
	require.NoError(t, err)
	example := uncommented{lines: strings.Split(string(raw), "\n")}
	all := map[string][]byte{"as it is": raw}
	for _, block := range blocksIn(example, 0, len(example.lines)) {
		all[block.name] = block.text(t)
	}
	return all
}

// The example loads as it is, and so does each of its blocks that are commented
// out; the schema takes all of them.
func TestExampleConfig_everyBlockLoads(t *testing.T) {
	t.Parallel()
	schema := validator(t)
	forms := exampleForms(t)
	for name, text := range forms {
		assert.NoError(t, usable(text), name)
		assert.Empty(t, faults(schema.Validate(asJSON(t, text))), name)
	}
	names := strings.Join(slices.Sorted(maps.Keys(forms)), "\n")
	for _, block := range []string{"role", "name", "box", "jwt", "token"} {
		assert.Regexp(t, `(?m) `+block+`$`, names, "which blocks are commented out?")
	}
	for _, text := range forms {
		c, err := parseConfig("example.yaml", text)
		require.NoError(t, err)
		assert.Equal(t, 1, len(c.Sources)-len(directories(c)), "the first source stays")
	}
}

func directories(c *config) []*ldapConfig {
	var all []*ldapConfig
	for _, s := range c.Sources {
		if s.LDAP != nil {
			all = append(all, s.LDAP)
		}
	}
	return all
}

// filledIn is a section with the preset's names where it has none.
func filledIn(l *ldapConfig) ldapConfig {
	full, chosen := *l, l.chosen()
	g, u := chosen.Groups, chosen.Users
	full.Groups.ID, full.Groups.Name, full.Groups.Description, full.Groups.Member = g.ID, g.Name, g.Description, g.Member
	full.Users.Filter, full.Users.ID, full.Users.Login, full.Users.Name, full.Users.Account = u.Filter, u.ID, u.Login, u.Name, u.Account
	return full
}

// What the example shows of a directory is what a section means that says the
// least, once the preset has filled it in.
func TestExampleConfig_showsTheDefaultsOfADirectory(t *testing.T) {
	t.Parallel()
	found := false
	for name, text := range exampleForms(t) {
		if !strings.HasSuffix(name, " name") {
			continue
		}
		c, err := parseConfig("example.yaml", text)
		require.NoError(t, err)
		require.Len(t, directories(c), 1)
		shown := filledIn(directories(c)[0])
		silent, err := parseConfig("silent.yaml", []byte("sources: [{ldap: {referral_hosts: [], people: {not_people: {dn: []}, tolerate: []}}}]\n"))
		require.NoError(t, err)
		want := filledIn(silent.Sources[0].LDAP)
		want.URLs, want.Groups.BaseDN, want.Groups.Filter, want.Users.BaseDN = shown.URLs, shown.Groups.BaseDN, shown.Groups.Filter, shown.Users.BaseDN
		want.Bind.DN, want.Bind.Password = shown.Bind.DN, shown.Bind.Password
		assert.Equal(t, want, shown)
		found = true
	}
	assert.True(t, found)
}

// A block is found by its form alone.
func TestBlocksIn(t *testing.T) {
	t.Parallel()
	text := `# Prose: and more.
# other prose with: a colon
a: 1
# b: 2        # why
#             # and why not
#   prose of the block

c:
  # d: {x: 1}
  e: 1
  # - f: 1
  #   g: 2
  #   # h: 3
# i: 1
`
	example := uncommented{lines: strings.Split(text, "\n")}
	var names []string
	for _, b := range blocksIn(example, 0, len(example.lines)) {
		names = append(names, b.name)
	}
	assert.Equal(t, []string{"/4 b", "/9 d", "/11 f", "/11 f/13 h", "/14 i"}, names)
	one := uncommented{lines: []string{"target:", "  box: 1", "  emulator: 2", "  other: 3", "  box: 4"}, taken: []int{5}}
	var got map[string]map[string]int
	require.NoError(t, yaml.Unmarshal(one.text(t), &got))
	assert.Equal(t, map[string]int{"other": 3, "box": 4}, got["target"])
}
