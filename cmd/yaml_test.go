package cmd

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrongs returns what is wrong with a text in the words of the program, without
// the file's name.
func wrongs(t *testing.T, text string) []string {
	t.Helper()
	c, err := parseConfig("f", []byte(text))
	var found []error
	if err != nil {
		found = problemsOf(err)
	}
	if c != nil {
		found = append(found, c.problems()...)
	}
	var all []string
	for _, p := range byLine(found) {
		line, ok := strings.CutPrefix(p.Error(), "f:")
		require.True(t, ok, "%v has no place", p)
		all = append(all, line)
	}
	return all
}

const minimal = "version: 1\nsources: [{name: hr, csv: {path: a.csv}}]\ntarget: {emulator: {}}\n" // the next line is 4

func TestParseConfig_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		minimal: nil,
		// Keys.
		minimal + "limits: {removal_grace: 2d}":      {`4: unknown key "removal_grace" here; it belongs under members`},
		minimal + "removal_grace: 2d":                {`4: unknown key "removal_grace" here; it belongs under members`},
		minimal + "run: {instance: a}":               {`4: unknown key "instance" here; it belongs at the left margin, in no section`},
		minimal + "run: {base_dn: a}":                {`4: unknown key "base_dn" here; it belongs under sources[].ldap.groups, or under sources[].ldap.users`},
		minimal + "run: {state-dir: a}":              {`4: unknown key "state-dir"; did you mean "state_dir"?`},
		minimal + "run: {stateDir: a}":               {`4: unknown key "stateDir"; did you mean "state_dir"?`},
		minimal + "run: {State Dir: a}":              {`4: unknown key "State Dir"; did you mean "state_dir"?`},
		minimal + "run: {planMaxAeg: 1d}":            {`4: unknown key "planMaxAeg"; did you mean "plan_max_age"?`},
		minimal + "Limits: {}":                       {`4: unknown key "Limits"; did you mean "limits"?`},
		minimal + "run: {state_dir:state}":           {`4: unknown key "state_dir:…": a blank is missing after the colon`},
		minimal + "run: {" + strings.Repeat("x", 99): {"4: this is not YAML: a section that is opened with { is not closed, or a comma is missing in it"},
		minimal + strings.Repeat("x", 99) + ": 1":    {`4: unknown key "` + strings.Repeat("x", 60) + `…"`},
		minimal + "instnce: a\ninstance: a b":        {`4: unknown key "instnce"; did you mean "instance"?`, `5: instance is "a b"; use letters, digits, . _ and -`},
		minimal + "groups: {rename: [{match: \"(\"}]}": {`4: groups.rename[0] has no replace; to take what matches away, write replace: ""`,
			`4: groups.rename[0]: match is no regular expression: missing closing ): "("`},
		minimal + "limits: {removals: 012}":       {`4: limits.removals: "012" is no limit; want a number such as 500, a percentage such as 5%, or a list of both`},
		minimal + "members: {protect: [~, ann]}":  {`4: members.protect[0] has no value`, `4: members.protect[1] is "ann", which matches no login: write a whole one such as amy@acme.example, or a pattern such as amy@*`},
		minimal + "7: 1":                          {`4: unknown key "7"`},
		minimal + "true: 1":                       {`4: unknown key "true"; did you mean "run"?`},
		minimal + "? [a]\n: 1":                    {"4: a key is a single word, and here is none"},
		minimal + "log: &l {level: info}\n<<: *l": {"5: << is not read here: write the keys out, or use an alias for a whole section"},
		minimal + "log: {}\nlog: {level: x}":      {`5: key "log" is in line 4 already`},
		minimal + "nope: 1\nnope: 2":              {`4: unknown key "nope"`, `5: unknown key "nope"`},

		// Sections.
		minimal + "run:\nlog: ~\nlimits: {}":                                           nil,
		minimal + "log: [a]":                                                           {"4: log holds keys and values"},
		minimal + "log:\n  level:info\n":                                               {"5: log holds keys and values; a blank is missing after a colon"},
		minimal + "log: {level: {a: b}}":                                               {"4: log.level is a single value"},
		minimal + "members: {protect: {a: b}":                                          {"4: this is not YAML: a section that is opened with { is not closed, or a comma is missing in it"},
		minimal + "members: {protect: a}":                                              {"4: members.protect is a list, such as [a, b]"},
		"version: 1\nsources: [{name: hr, csv: {path: a}}]\ntarget: {emulator: }":      {"3: target.emulator is empty; write {} for its defaults"},
		"version: 1\nsources: [{name: hr, csv: }]\ntarget: {emulator: {}}":             {"2: sources[0].csv is empty; write {} for its defaults"},
		"version: 1\nsources: [{name: hr, csv: {path: [a]}}]\ntarget: {emulator: {}}":  {"2: sources[0].csv.path is a single value"},
		"version: 1\nsources: [{name: hr, csv: {pth: a}}]\ntarget: {emulator: {}}":     {`2: unknown key "pth"; did you mean "path"?`},
		"version: 1\nsources: [~, {name: hr, csv: {}}]\ntarget: {emulator: {}}":        {"2: sources[0] has no value", "2: csv.path is missing"},
		"version: 1\nsources: {name: hr}\ntarget: {box: {auth: {token: 5}}}":           {"2: sources is a list of sections, each of which begins with -", "3: target.box.auth.token: " + secretAdvice},
		"version: 1\nsource: []\ntarget: []":                                           {`2: unknown key "source"; did you mean "sources"?`, "3: target holds keys and values"},
		"version: x\nsources: [{name: 5, csv: {path: 7}}]\ntarget: {emulator: {}}":     {"1: version is a whole number"},
		"verson: 1\nsources: [{name: hr, csv: {path: a}}]\ntarget: {emulator: {}}":     {`1: unknown key "verson"; did you mean "version"?`},
		"version: 1\nsources: [{name: hr, csv: 7}]\ntarget: {emulator: {}}":            {"2: sources[0].csv holds keys and values"},
		"version: 1\nsources: [{name: hr, csv: {path: a}, ldap: 7}]\ntarget: {box: 8}": {"2: sources[0].ldap holds keys and values", "3: target.box holds keys and values"},

		// A problem behind an alias is where the anchor is.
		"version: 1\nsources: [{name: hr, csv: {path: a, columns: {group: [a], login: group}}}]\ntarget: {emulator: {}}\n":            {"2: sources[0].csv.columns.group is a single value"},
		"version: 1\nsources:\n- name: a\n  csv: &c\n    path: x\n    delimiter: ' '\n- name: b\n  csv: *c\ntarget: {emulator: {}}\n": {"6: csv.delimiter is", "6: csv.delimiter is"},

		// Values.
		minimal + "members: {remove: yes}":                      {"4: members.remove is true or false"},
		minimal + "members: {remove: off}":                      {"4: members.remove is true or false"},
		minimal + "members: {remove: 'true'}":                   {"4: members.remove is true or false"},
		minimal + "members: {remove: True}":                     nil,
		minimal + "groups: {settings: {provenance: 2024}}":      nil,
		minimal + "groups: {settings: {provenance: true}}":      {"4: groups.settings.provenance is a text; put it in quotes if the word itself is meant"},
		minimal + "groups: {settings: {provenance: 'true'}}":    nil,
		minimal + "groups: {include: [2024, 007, NO]}":          nil,
		minimal + "groups: {include: [false]}":                  {`4: groups.include[0]: want a shell glob such as "Finance*"`},
		minimal + "limits: {floor: {run: '10'}}":                {"4: limits.floor.run is a whole number, without quotes"},
		minimal + "limits: {floor: {run: 010}}":                 {"4: limits.floor.run is a whole number; write it in plain digits, without a 0 before them"},
		minimal + "limits: {floor: {run: 0x10}}":                {"4: limits.floor.run is a whole number; write it in plain digits, without a 0 before them"},
		minimal + "limits: {floor: {run: 1_000}}":               {"4: limits.floor.run is a whole number; write it in plain digits, without a 0 before them"},
		minimal + "limits: {floor: {run: 2.9}}":                 {"4: limits.floor.run is a whole number"},
		minimal + "limits: {floor: {run: ten}}":                 {"4: limits.floor.run is a whole number"},
		minimal + "limits: {floor: {run: 9999999999999999999}}": {"4: limits.floor.run is too large a number"},
		minimal + "limits: {floor: {run: -1}}":                  {"4: limits.floor.run is -1; it must be 0 or more"},
		minimal + "limits: {removals: [5%, &n 10]}\nrun: {}":    nil,
		minimal + "limits: {adds: &n 10, removals: [5%, *n]}":   nil,
		minimal + "log: {level: !!str info}":                    {"4: log.level has a tag, such as !!str, which is not read here; write the value alone, a text in quotes"},
		minimal + "log: !mine {level: info}":                    {"4: log has a tag, such as !!str, which is not read here; write the value alone, a text in quotes"},
		minimal + "log: {level: ~}":                             {"4: log.level has no value"},

		// Both at once, sorted by line.
		"version: 2\nlog: {level: loud}\nsources: [{name: hr, csv: {path: a.csv, x: 1}}]\ntarget: {emulator: 5}\nrun: {order: up}": {
			"1: version is 2; this program reads version 1", `2: log.level is "loud"; it can be debug, info, warn, error`,
			`3: unknown key "x"`, "4: target.emulator holds keys and values", `5: run.order is "up"; it can be adds_first, removals_first`,
		},
	} {
		got := wrongs(t, text)
		if !assert.Len(t, got, len(want), "%s\n%q", text, got) {
			continue
		}
		for i := range want {
			assert.True(t, strings.HasPrefix(got[i], want[i]), "%s\nwant %q\ngot  %q", text, want[i], got[i])
		}
	}
}

func TestParseConfig_takesTextsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	c, err := parseConfig("f", []byte(`version: 1
instance: 007
groups: {include: &g [2026-12-31, 1.10], exclude: *g, settings: {provenance: 2026-12-31}}
members: {domains: [1e3, ~x, 0x1F]}
target: {box: {as_user: 12345678901234567890123, auth: {ccg: {enterprise_id: 0123, client_id: &id 9007199254740993, user_id: *id}}}}
`))
	require.NoError(t, err)
	assert.Equal(t, "007", c.Instance)
	assert.Equal(t, []string{"2026-12-31", "1.10"}, texts(c.Groups.Include))
	assert.Equal(t, texts(c.Groups.Include), texts(c.Groups.Exclude))
	assert.Equal(t, "2026-12-31", c.Groups.Settings.Provenance)
	assert.Equal(t, []string{"1e3", "~x", "0x1F"}, c.Members.Domains)
	assert.Equal(t, "12345678901234567890123", c.Target.Box.AsUser)
	assert.Equal(t, "0123", c.Target.Box.Auth.CCG.EnterpriseID)
	assert.Equal(t, "9007199254740993", c.Target.Box.Auth.CCG.ClientID)
	assert.Equal(t, c.Target.Box.Auth.CCG.ClientID, c.Target.Box.Auth.CCG.UserID)
	assert.Equal(t, defaultBox().Rate, c.Target.Box.Rate, "what is not said keeps its default")
}

func TestSyntaxProblem(t *testing.T) {
	t.Parallel()
	const head = "version: 1\n"
	for text, want := range map[string]string{
		head + "log:\n\tlevel: info\n":              "3: this is not YAML: a tab is used for indentation: use blanks",
		head + "log:\n  level: info\n\tformat: a\n": "4: this is not YAML: a tab is used for indentation: use blanks",
		head + "instance: \"main\nlog: {}\n":        "2: this is not YAML: a quote is opened and not closed",
		head + "instance: 'main\nlog: {}\n":         "2: this is not YAML: a quote is opened and not closed",
		head + "instance:main\nlog: {}\n":           "2: this is not YAML: a blank is missing after a colon, here or in the line above: write key: value",
		"instance:main\nlog: {}\n":                  "2: this is not YAML: a blank is missing after a colon, here or in the line above: write key: value",
		"instance:main\n":                           "1: the file is no configuration, which has keys and values and begins with version: 1",
		head + "instance main\nlog: {}\n":           "2: this is not YAML: a key has no colon, or a text goes on in the next line; write key: value",
		head + "instance: a: b\n":                   `2: this is not YAML: the line is indented too far, or a text with ": " in it has no quotes`,
		head + "  instance: a\n":                    `2: this is not YAML: the line is indented too far, or a text with ": " in it has no quotes`,
		head + "groups: {include: [*]}\n":           `2: this is not YAML: a text that begins with * or & needs quotes, as in "*"`,
		head + "groups: {include: [*a]}\n":          `2: this is not YAML: an alias (*) whose anchor (&) is not above it; a text that begins with * needs quotes, as in "*"`,
		head + "instance: @a\n":                     "2: this is not YAML: a text that begins with @, % or ` needs quotes",
		head + "run: {state_dir: \"C:\\data\"}\n":   `2: this is not YAML: a backslash in double quotes means something else: use single quotes, as in 'C:\data'`,
		head + "log: {level: info\nrun: {}\n":       "2: this is not YAML: a section that is opened with { is not closed, or a comma is missing in it",
		head + "groups: {include: [a\nrun: {}\n":    "2: this is not YAML: a list that is opened with [ is not closed, or a comma is missing in it",
		head + "log:\n  level: info\n format: a\n":  "4: this is not YAML: the line is indented otherwise than the lines above, or something follows a closing quote or bracket",
		head + "sources: - name: a\n":               "2: this is not YAML: an entry of a list stands on the line of its key: put it on the next line",
		head + "# M\xfcller\ninstance: M\xfcller\n": "2: this is not YAML: a character that is not UTF-8: save the file as UTF-8",
		head + "instance: a\x01\n":                  "2: this is not YAML: a control character; if the file is UTF-16, save it as UTF-8",
		"%YAML 3.0\n---\n" + head:                   "1: this is not YAML: a %YAML line is not read here: leave it out",
		"- name: a\nversion: 1\n":                   "2: this is not YAML: a list and keys are mixed: begin every entry of the list with - and indent what belongs to it",
		head + "log: | x\n":                         "2: this is not YAML: after | or > the text begins on the next line",
		head + "log: ]\n":                           "2: this is not YAML: something is missing here, or a bracket is too many",
		"- a\n- b\n":                                "1: the file is no configuration, which has keys and values and begins with version: 1",
		"just a text\n":                             "1: the file is no configuration, which has keys and values and begins with version: 1",
		head + "---\nversion: 1\n":                  "2: the file holds more than one document",
		"":                                          " the file is empty",
		"\ufeff":                                    " the file is empty",
		"---\n":                                     "2: the file is no configuration, which has keys and values and begins with version: 1",
		"# nothing\n\n":                             " the file is empty",
	} {
		got := wrongs(t, text)
		if assert.NotEmpty(t, got, text) {
			assert.Equal(t, want, got[0], text)
		}
	}
}

// A file from any editor of any system is read, if it says what it is in.
func TestParseConfig_encodings(t *testing.T) {
	t.Parallel()
	text := "version: 1 # ä\nlog:\n  level: debug\n"
	wide := func(order binary.AppendByteOrder) string {
		var out []byte
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			out = order.AppendUint16(out, unit)
		}
		return string(out)
	}
	for name, form := range map[string]string{
		"UTF-8": text, "byte order mark": "\ufeff" + text, "Windows": strings.ReplaceAll(text, "\n", "\r\n"),
		"no end": strings.TrimSpace(text), "UTF-16 of Windows": wide(binary.LittleEndian), "UTF-16": wide(binary.BigEndian),
	} {
		c, err := parseConfig("f", []byte(form))
		require.NoError(t, err, name)
		assert.Equal(t, "debug", c.Log.Level, name)
		assert.Equal(t, 3, c.line("log", "level"), name)
	}
	_, err := parseConfig("f", []byte(wide(binary.LittleEndian)[2:]))
	assert.EqualError(t, err, "f:1: this is not YAML: a control character; if the file is UTF-16, save it as UTF-8")
}

// A small file that says much by its aliases is given up, and soon.
func TestParseConfig_aliasBomb(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nlimits: &l {")
	for i := range 2000 {
		fmt.Fprintf(&b, "limit%d: 1, ", i)
	}
	b.WriteString("}\nsources: [")
	b.WriteString(strings.Repeat("*l, ", 2000) + "]\n")
	c, err := parseConfig("f", []byte(b.String()))
	assert.Nil(t, c)
	require.Error(t, err)
	assert.Len(t, problemsOf(err), maxFound)
	list := byLine(problemsOf(err))
	lines := strings.Split(list.Error(), "\n")
	assert.Len(t, lines, shownProblems+1)
	assert.Equal(t, "and more than 979 others", lines[shownProblems])

	// Without a single mistake, as well.
	b.Reset()
	b.WriteString("groups: {include: &p [" + strings.Repeat("a, ", 1200) + "]}\nsources:\n- &s {ldap: &d {referral_hosts: *p, urls: *p}}\n")
	b.WriteString(strings.Repeat("- *s\n", 1200))
	c, err = parseConfig("f", []byte(b.String()))
	assert.Nil(t, c)
	assert.ErrorContains(t, err, "the file says too much, in itself or by its aliases")

	// What contains itself ends where the types do.
	assert.Equal(t, []string{"1: sources[0] holds keys and values", "1: no version; begin the file with version: 1", "1: no target; give target.box, or target.emulator to try things out"},
		wrongs(t, "sources: &a [*a]\n"))
}

func TestProblemList(t *testing.T) {
	t.Parallel()
	text := func(n int) []string {
		var list []error
		for i := range n {
			list = append(list, &problem{"f", n - i, "x"})
		}
		return strings.Split(byLine(list).Error(), "\n")
	}
	assert.Equal(t, []string{"f:1: x", "f:2: x"}, text(2))
	assert.Equal(t, "f:21: x", text(21)[20])
	assert.Len(t, text(22), 21)
	assert.Equal(t, "and 2 more", text(22)[20])
	assert.Equal(t, "and more than 979 others", text(1000)[20])
}

func TestUnread(t *testing.T) {
	t.Parallel()
	c := &config{cut: []string{"sources[1].csv", "run"}}
	for key, want := range map[string]bool{
		"sources": true, "sources[1]": true, "sources[1].csv": true, "sources[1].csv.path": true, "run.order": true,
		"sources[1].name": false, "sources[10].csv": false, "running": false, "log": false, "sources[0]": false,
	} {
		var path []any
		for step := range strings.SplitSeq(key, ".") {
			var n int
			if name, rest, ok := strings.Cut(step, "["); ok {
				_, err := fmt.Sscanf(rest, "%d]", &n)
				require.NoError(t, err)
				path = append(path, name, n)
				continue
			}
			path = append(path, step)
		}
		assert.Equal(t, want, c.unread(path...), key)
	}
}

func TestLoadConfig_files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	huge := filepath.Join(dir, "huge.yaml")
	require.NoError(t, os.WriteFile(huge, nil, 0o600))
	require.NoError(t, os.Truncate(huge, 100<<20))
	full := minimal + strings.Repeat("#", maxConfig-len(minimal))
	for path, want := range map[string]string{
		"-":                             "the configuration is not read from standard input, as its relative paths start at its directory; name a file",
		dir:                             "read the configuration: " + dir + " is a directory; name the file in it",
		huge:                            "read the configuration: " + huge + " is larger than 1 MiB; is it another file?",
		write("over.yaml", full+"#"):    "read the configuration: " + filepath.Join(dir, "over.yaml") + " is larger than 1 MiB; is it another file?",
		filepath.Join(dir, "none.yaml"): "read the configuration: open " + filepath.Join(dir, "none.yaml") + ": no such file or directory",
	} {
		_, err := loadConfig(path)
		assert.EqualError(t, err, want)
	}
	_, err := loadConfig(write("full.yaml", full))
	assert.NoError(t, err)
}
