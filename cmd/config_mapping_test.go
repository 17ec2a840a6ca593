package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
)

const mappingBase = `version: 1
sources:
  - name: hr
    csv: {path: a.csv}
target: {emulator: {seed: a.csv}}
`

// What groups and people are called in Box decides what a plan says. Where the map
// lies, how its rows are ordered and in which lines they stand does not.
func TestFingerprint_mapping(t *testing.T) {
	t.Parallel()
	parsed := func(text string, mapped ...source.MapEntry) *config {
		c, err := parseConfig("c.yaml", []byte(text))
		require.NoError(t, err, text)
		c.mapped = mapped
		return c
	}
	one := source.MapEntry{Group: "A", BoxID: 7, Origin: "m:2"}
	two := source.MapEntry{Source: "hr", Group: "A", Name: "B", Origin: "m:3"}
	base := parsed(mappingBase, one, two)
	changed := func(c *config) []string { return base.fingerprint().Changed(c.fingerprint()) }
	for part, configs := range map[string][]*config{
		"groups": {
			parsed(mappingBase+"groups: {rename: [{match: a, replace: b}]}\n", one, two),
			parsed(mappingBase), parsed(mappingBase, one),
			parsed(mappingBase, two, source.MapEntry{Group: "B", BoxID: 7}), parsed(mappingBase, two, source.MapEntry{Group: "A", BoxID: 8}),
			parsed(mappingBase, one, source.MapEntry{Group: "A", Name: "B"}), parsed(mappingBase, one, source.MapEntry{Source: "hr", Group: "A", Name: "C"}),
		},
		"members": {parsed(mappingBase+"members: {rewrite: [{match: a, replace: b}]}\n", one, two)},
		"sources": {parsed(`version: 1
sources:
  - name: hr
    csv: {path: a.csv, columns: {box_id: b}}
`, one, two)},
	} {
		for i, c := range configs {
			assert.Equal(t, []string{part}, changed(c), "%s %d", part, i)
		}
	}
	one.Origin, two.Origin = "elsewhere:9", "elsewhere:8"
	assert.Empty(t, changed(parsed(mappingBase+"groups: {map_file: elsewhere}\n", two, one)))
	assert.Equal(t, "elsewhere:9", one.Origin)

	rule := func(match, replace string) *config {
		return parsed(mappingBase + "members: {rewrite: [{match: " + match + ", replace: " + replace + "}]}\n")
	}
	assert.Equal(t, []string{"members"}, rule("a", "b").fingerprint().Changed(rule("a", "c").fingerprint()))
	assert.Equal(t, []string{"members"}, rule("a", "b").fingerprint().Changed(rule("c", "b").fingerprint()))
	assert.Empty(t, rule("a", "b").fingerprint().Changed(rule("a", "b").fingerprint()))
}

// Everything that is wrong is told at once: with the configuration, and with the
// map that it names, which lies beside it.
func TestLoadConfig_map(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "c.yaml")
	require.NoError(t, os.WriteFile(path, []byte(mappingBase+"groups: {map_file: m.csv, adopt: always}\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.csv"), []byte("group,box_group,source\nA,7,hr\nB,8,ad\n"), 0o600))
	_, err := loadConfig(path)
	require.EqualError(t, err, "the configuration is not usable; nothing was read or written:\n"+
		path+`:6: groups.adopt is "always"; it can be never, by_name`+"\n"+
		filepath.Join(dir, "m.csv")+`:3: there is no source "ad"; see sources`)

	require.NoError(t, os.WriteFile(path, []byte(mappingBase+`groups:
  map_file: m.csv
  rename:
    - {match: a, replace: b}
members: {rewrite: [{match: c, replace: ""}]}
`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "m.csv"), []byte("group,box_group,source\nA,7,hr\n"), 0o600))
	c, err := loadConfig(path)
	require.NoError(t, err)
	entry := source.MapEntry{Source: "hr", Group: "A", BoxID: 7, Origin: filepath.Join(dir, "m.csv") + ":2"}
	rename, err := source.NewGroupRewrite(path+":9: groups.rename[0]", "a", "b")
	require.NoError(t, err)
	rewrite, err := source.NewLoginRewrite(path+":10: members.rewrite[0]", "c", "")
	require.NoError(t, err)
	assert.Equal(t, source.Mapping{Groups: []source.Rewrite{rename}, Logins: []source.Rewrite{rewrite}, Entries: []source.MapEntry{entry}}, c.mapping())
	assert.Equal(t, []source.MapEntry{entry}, c.policies().Mapped)
}
