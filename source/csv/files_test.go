package csv_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// lay writes files below a new directory and returns it.
func lay(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return dir
}

// inDir sets the directory in which relative paths start.
func inDir(dir string, more func(*csv.Config)) func(*csv.Config) {
	return func(c *csv.Config) {
		c.Dir = dir
		if more != nil {
			more(c)
		}
	}
}

func TestRead_pattern(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{
		"exports/b.csv":   "LOGIN;Group;role\nann@x;Finance;admin\nbob@x;Legal;\nx;Trade;\n",
		"exports/a.csv":   "group,login\nFinance,ann@x\nFinance,eve@x\n",
		"exports/c.csv":   "group,login\nTrade,ann@x\nLegal,bob@x",
		"exports/d.txt":   "no csv",
		"exports/.e.csv~": "",
	})
	roster, err := open(t, "exports/*.csv", inDir(dir, nil)).Read(t.Context())
	require.NoError(t, err)
	var got []string
	for _, line := range said(roster) {
		got = append(got, strings.ReplaceAll(line, dir+string(filepath.Separator), ""))
	}
	assert.Equal(t, []string{
		"Finance: ann@x/admin eve@x/unstated",
		"Legal: bob@x/unstated",
		"exports/c.csv:3: the last line has no line end, so the file may be cut off; end it with one",
		"Trade: ann@x/unstated",
		`exports/b.csv:4:1: the login "x" is no e-mail address`,
	}, got)
	var sums strings.Builder
	for _, name := range []string{"a.csv", "b.csv", "c.csv"} {
		text, err := os.ReadFile(filepath.Join(dir, "exports", name))
		require.NoError(t, err)
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), name)
	}
	assert.Equal(t, []source.Evidence{{
		Name: "hr", Kind: "csv", Origin: filepath.Join(dir, "exports/*.csv"), Digest: fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(sums.String()))),
		Notes: []string{
			"3 files: a.csv, b.csv, c.csv", `no column "role": every role is unstated (in a.csv, c.csv)`, `fields separated by ";" (in b.csv)`,
			"the last line has no line end (in c.csv)", "duplicate memberships folded: 2",
		},
		Groups: 3, Memberships: 4, GroupsComplete: true,
	}}, roster.Evidence())
	assert.Equal(t, filepath.Join(dir, "exports/a.csv")+":2", roster.Groups()[0].Origin)
}

func TestRead_manyFiles(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 12 {
		files[fmt.Sprintf("%02d.csv", i)] = "group,login,role\na,ann@x,\n"
	}
	roster, err := open(t, "*.csv", inDir(lay(t, files), nil)).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"12 files: 00.csv, 01.csv, 02.csv, 03.csv, 04.csv, 05.csv, 06.csv, 07.csv, 08.csv, 09.csv, and 2 more", "duplicate memberships folded: 11",
	}, roster.Evidence()[0].Notes)
}

// What a file's name or the configuration's directory has in it of a pattern
// means itself; and what looks like a pattern is one only where no file has the
// name.
func TestRead_patternOrName(t *testing.T) {
	t.Parallel()
	const one, other = "group,login\none,ann@x\n", "group,login\nother,ann@x\n"
	dir := filepath.Join(lay(t, map[string]string{
		"d[1]/a[1].csv": one, "d[1]/a1.csv": other, "d1/b1.csv": one, "d[1]/b1.csv": other, "d[1]/sub/x/c.csv": one, "d[1]/sub/y/c.csv": other, "d[1]/sub/z": "",
	}), "d[1]")
	for path, want := range map[string][]string{
		"a[1].csv":                       {"one: ann@x/unstated"},
		"b[1].csv":                       {"other: ann@x/unstated"},
		"?1.csv":                         {"other: ann@x/unstated"},
		"sub/*/c.csv":                    {"one: ann@x/unstated", "other: ann@x/unstated"},
		"./sub/../sub/[x]/*.csv":         {"one: ann@x/unstated"},
		filepath.Join(dir, "a[1].csv"):   {"one: ann@x/unstated"},
		filepath.Dir(dir) + "/d?/b1.csv": {"one: ann@x/unstated"},
	} {
		roster, err := open(t, path, inDir(dir, nil)).Read(t.Context())
		require.NoError(t, err, path)
		assert.Equal(t, want, said(roster), path)
	}
	t.Run("digest_of_one_match", func(t *testing.T) {
		t.Parallel()
		roster, err := open(t, "a?.csv", inDir(dir, nil)).Read(t.Context())
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(other))), roster.Evidence()[0].Digest)
	})
}

func TestRead_contradictionsAcrossFiles(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{
		"a.csv": "group,login,role,about\na,ann@x,admin,Money\na,bob@x,admin,\nb,ann@x,,\n",
		"b.csv": "group,login,role,about\n\n\nb,bob@x,member,\na,ann@x,member,\na,ann@x,,\n",
		"c.csv": "group,login,role,about\na,bob@x,admin,Law\nb,bob@x,admin,\n",
	})
	_, err := open(t, "*.csv", inDir(dir, func(c *csv.Config) { c.FailOnBadRow, c.Columns.Description = true, "about" })).Read(t.Context())
	require.Error(t, err)
	assert.Equal(t, `read source "hr": `+strings.ReplaceAll(`3 problems:
DIR/c.csv:2: the group has another description than in DIR/a.csv:2
DIR/b.csv:5: ann@x is listed with another role than in DIR/a.csv:2
DIR/c.csv:3: bob@x is listed with another role than in DIR/b.csv:4`, "DIR", dir), err.Error())

	dir = lay(t, map[string]string{"a.csv": "group,login,id\na,ann@x,1\n", "b.csv": "group,login,id\na,ann@x,2\nb,ann@x,1\n"})
	_, err = open(t, "*.csv", inDir(dir, withIDs)).Read(t.Context())
	require.Error(t, err)
	assert.Equal(t, `read source "hr": `+strings.ReplaceAll(`2 problems:
DIR/b.csv:2:9: the group "a" has the source_id "2" here and "1" in DIR/a.csv:2; a group has only one
DIR/b.csv:3:9: the source_id "1" of the group "b" is that of the group "a" in DIR/a.csv:2; a source_id belongs to one group`, "DIR", dir), err.Error())
}

// What is wrong in one file does not hide what is wrong in the next, and all is
// counted.
func TestRead_problemsOfAllFiles(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{
		"a.csv": "group,login\n" + strings.Repeat(",x\n", 18),
		"b.csv": "team,login\n",
		"c.csv": "group,login\n\"a,b\n",
		"d.csv": "group,login\n" + strings.Repeat(",x\n", 20),
	})
	_, err := open(t, "*.csv", inDir(dir, nil)).Read(t.Context())
	require.Error(t, err)
	lines := strings.Split(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""), "\n")
	require.Len(t, lines, 21)
	assert.Equal(t, `read source "hr": 40 problems, of which the first 20 are:`, lines[0])
	assert.Equal(t, "a.csv:19:1: a row without a group; complete it or delete it", lines[18])
	assert.Equal(t, `b.csv:1:1: no column "group"; the columns are "team", "login"; check that the first row is the header, and sources.hr.csv.columns.group`, lines[19])
	assert.Equal(t, "c.csv:2:6: a quoted field is not closed, or goes on after its closing quote; write a quote inside it twice; what follows was not read", lines[20])
}

// A file that breaks off within a character is a problem like others, and does not
// keep the next from being read.
func TestRead_problemsOfBrokenFiles(t *testing.T) {
	t.Parallel()
	wide := encode(t, utf16Of(unicode.LittleEndian, unicode.UseBOM), "group,login\na,b@x\n")
	dir := lay(t, map[string]string{"a.csv": wide + "b", "b.csv": "group,login\n,x\n", "c.csv": "\xff\xfe" + wide[4:] + "b"})
	_, err := open(t, "*.csv", inDir(dir, nil)).Read(t.Context())
	require.Error(t, err)
	assert.Equal(t, `read source "hr": 3 problems:
a.csv:3: the file ends in the middle of a character of UTF-16; is it cut off? copy or export it again
b.csv:2:1: a row without a group; complete it or delete it
c.csv:1:1: no column "group"; the columns are "roup", "login"; check that the first row is the header, and sources.hr.csv.columns.group`,
		strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
}

func TestRead_filesThatAreNone(t *testing.T) {
	t.Parallel()
	const good = "group,login\na,ann@x\n"
	dir := lay(t, map[string]string{"one/a.csv": good, "dirs/a.csv": good, "dirs/b.csv/x": "", "two/a.csv": good, "sums": ""})
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "two", "b.csv")))
	for path, want := range map[string]string{
		"none*.csv":   "no file matches DIR/none*.csv; check sources.hr.csv.path",
		"no/*/a*":     "no file matches DIR/no/*/a*; check sources.hr.csv.path",
		"one/a.csv/*": "no file matches DIR/one/a.csv/*; check sources.hr.csv.path",
		"[":           "the pattern [: syntax error in pattern; check sources.hr.csv.path",
		"dirs/*":      "DIR/dirs/b.csv is a directory; name a file, or a pattern such as *.csv; check sources.hr.csv.path",
		"dirs":        "DIR/dirs is a directory; name a file, or a pattern such as *.csv; check sources.hr.csv.path",
		"two/*.csv":   "open DIR/two/b.csv: no such file or directory; check sources.hr.csv.path",
	} {
		_, err := open(t, path, inDir(dir, nil)).Read(t.Context())
		require.Error(t, err, path)
		assert.Equal(t, `read source "hr": `+want, strings.ReplaceAll(err.Error(), dir, "DIR"), path)
	}
}

func TestRead_directoryThatCannotBeListed(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"x/a.csv": "group,login\na,ann@x\n", "y/a.csv": "group,login\nb,ann@x\n"})
	require.NoError(t, os.Chmod(filepath.Join(dir, "y"), 0))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "y"), 0o700) })
	if _, err := os.ReadDir(filepath.Join(dir, "y")); err == nil {
		t.Skip("nothing is forbidden to this user")
	}
	for _, path := range []string{"*/*.csv", "*/a.csv"} {
		_, err := open(t, path, inDir(dir, nil)).Read(t.Context())
		assert.ErrorIs(t, err, fs.ErrPermission, path)
	}
}

// A link to itself cannot be listed by root either.
func TestRead_directoryThatIsALoop(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"x/a.csv": "group,login\na,ann@x\n"})
	require.NoError(t, os.Symlink("y", filepath.Join(dir, "y")))
	for _, path := range []string{"*/*.csv", "*/a.csv"} {
		_, err := open(t, path, inDir(dir, nil)).Read(t.Context())
		assert.ErrorIs(t, err, syscall.ELOOP, path)
	}
}

// during is a context in which something happens while somebody is at work.
type during struct {
	context.Context
	looks int
	do    map[int]func()
}

func (d *during) Err() error {
	d.looks++
	if do := d.do[d.looks]; do != nil {
		do()
	}
	return d.Context.Err()
}

func TestRead_changesWhileItIsRead(t *testing.T) {
	t.Parallel()
	text := "group,login\n" + strings.Repeat("a,ann@x\n", 20_000)
	const changed = "DIR/a.csv changed while it was read: run again once it is complete, and let the export write another file and rename it"
	for name, tt := range map[string]struct {
		path string
		do   func(t *testing.T, dir string)
		want string
	}{
		"grows": {"a.csv", func(t *testing.T, dir string) {
			file, err := os.OpenFile(filepath.Join(dir, "a.csv"), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = file.WriteString("b,ann@x\n")
			require.NoError(t, err)
			require.NoError(t, file.Close())
		}, changed},
		"shrinks": {"a.csv", func(t *testing.T, dir string) { require.NoError(t, os.Truncate(filepath.Join(dir, "a.csv"), 12)) }, changed},
		"is_written_over": {"a.csv", func(t *testing.T, dir string) {
			require.NoError(t, os.Chtimes(filepath.Join(dir, "a.csv"), time.Time{}, time.Unix(1, 0)))
		}, changed},
		"is_replaced": {"a.csv", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "spare"), filepath.Join(dir, "a.csv")))
		}, ""},
		"is_replaced_beside_others": {"*.csv", func(t *testing.T, dir string) {
			info, err := os.Stat(filepath.Join(dir, "a.csv"))
			require.NoError(t, err)
			require.NoError(t, os.Chtimes(filepath.Join(dir, "spare"), time.Time{}, info.ModTime()))
			require.NoError(t, os.Rename(filepath.Join(dir, "spare"), filepath.Join(dir, "a.csv")))
		}, changed},
		"goes_away_beside_others": {"*.csv", func(t *testing.T, dir string) { require.NoError(t, os.Remove(filepath.Join(dir, "a.csv"))) },
			"stat DIR/a.csv: no such file or directory; it was there a moment ago: run again once nobody is writing there"},
		"another_comes": {"*.csv", func(t *testing.T, dir string) {
			require.NoError(t, os.Rename(filepath.Join(dir, "spare"), filepath.Join(dir, "0.csv")))
		}, "other files match DIR/*.csv than when the first of them was read: run again once nobody is writing there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, map[string]string{"a.csv": text, "b.csv": "group,login\nb,ann@x\n", "spare": text})
			ctx := &during{Context: t.Context(), do: map[int]func(){3: func() { tt.do(t, dir) }}}
			roster, err := open(t, tt.path, inDir(dir, nil)).Read(ctx)
			require.Greater(t, ctx.looks, 3)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			assert.Nil(t, roster)
			require.Error(t, err)
			assert.Equal(t, `read source "hr": `+tt.want, strings.ReplaceAll(err.Error(), dir, "DIR"))
			_, ok := errorsAsPosition(err)
			assert.False(t, ok, "trying again will help")
		})
	}
}

func TestSource_Reads(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"in/a.csv": "", "in/b.txt": "", "elsewhere": "", "SHA256SUMS": ""})
	require.NoError(t, os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "in", "link.csv")))
	sums := func(c *csv.Config) { c.ChecksumFile = filepath.Join(dir, "SHA256SUMS") }
	for _, tt := range []struct {
		path  string
		reads map[string]bool
	}{
		{"in/*.csv", map[string]bool{"in/a.csv": true, "in/new.csv": true, "in/./x/../a.csv": true, "in/b.txt": false, "in/new.txt": false,
			"new.csv": false, "elsewhere": true, "SHA256SUMS": true, "in/x/new.csv": false}},
		{"in/a.csv", map[string]bool{"in/a.csv": true, "in/b.csv": false, "SHA256SUMS": true}},
		{"in/new.csv", map[string]bool{"in/new.csv": true, "in/a.csv": false}},
		{filepath.Join(dir, "in", "?.csv"), map[string]bool{"in/a.csv": true, "in/n.csv": true, "in/new.csv": false}},
	} {
		s := open(t, tt.path, inDir(dir, sums))
		for path, want := range tt.reads {
			assert.Equal(t, want, s.Reads(filepath.Join(dir, path)), "%s: %s", tt.path, path)
		}
	}
}

func TestRead_age(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 18, 0, 0, 0, time.UTC)
	dir := lay(t, map[string]string{"a.csv": "group,login\na,ann@x\n", "b.csv": "group,login\nb,ann@x\n"})
	const tooOld = "DIR/b.csv was last modified %s ago (%s), and sources.hr.csv.max_age is %s: find out why there is no newer one"
	for _, tt := range []struct {
		age, most time.Duration
		want      string
	}{
		{0, 24 * time.Hour, ""},
		{24 * time.Hour, 24 * time.Hour, ""},
		{24*time.Hour + time.Second, 24 * time.Hour, fmt.Sprintf(tooOld, "24h", "2026-11-19T17:59:59Z", "24h")},
		{50 * time.Hour, 90 * time.Minute, fmt.Sprintf(tooOld, "50h", "2026-11-18T16:00:00Z", "1h30m")},
		{61 * time.Second, 30 * time.Second, fmt.Sprintf(tooOld, "1m", "2026-11-20T17:58:59Z", "30s")},
		{1000 * time.Hour, 0, ""},
		{-24 * time.Hour, time.Hour, ""},
		{-25 * time.Hour, time.Hour, "DIR/b.csv was last modified in the future (2026-11-21T19:00:00Z), so nobody can tell whether it is older than sources.hr.csv.max_age: compare the clocks"},
		{-25 * time.Hour, 0, ""},
	} {
		require.NoError(t, os.Chtimes(filepath.Join(dir, "a.csv"), now, now))
		require.NoError(t, os.Chtimes(filepath.Join(dir, "b.csv"), now, now.Add(-tt.age)))
		_, err := open(t, "*.csv", inDir(dir, func(c *csv.Config) {
			c.MaxAge, c.Now = tt.most, func() time.Time { return now }
		})).Read(t.Context())
		if tt.want == "" {
			assert.NoError(t, err, tt.age)
			continue
		}
		require.Error(t, err, tt.age)
		assert.Equal(t, `read source "hr": `+tt.want, strings.ReplaceAll(err.Error(), dir, "DIR"))
	}
}
