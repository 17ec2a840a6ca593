package cmd

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

// standardInput is the path of a CSV that is piped in.
const standardInput = "-"

type csvConfig struct {
	Path        string        `yaml:"path"`
	Delimiter   string        `yaml:"delimiter"`
	Columns     columnsConfig `yaml:"columns"`
	DefaultRole string        `yaml:"default_role"`
	OnBadRow    string        `yaml:"on_bad_row"`
	MaxAge      duration      `yaml:"max_age"`
	// ChecksumFile is in the form of sha256sum; "": nobody says what the files are.
	ChecksumFile string `yaml:"checksum_file"`
}

type columnsConfig struct {
	Group string  `yaml:"group"`
	Login string  `yaml:"login"`
	Role  *string `yaml:"role"` // nil: not said, so the column may be missing
	Name  string  `yaml:"name"`
	// SourceID is the column of what a group is known by; "": it is its name.
	SourceID string `yaml:"source_id"`
	// Description is the column of what a group is described by; "": nothing is.
	Description string `yaml:"description"`
	// BoxID is the column of the ids of Box groups; "": none are said.
	BoxID string `yaml:"box_id"`
}

// delimiters are the delimiters of a CSV as the configuration names them. 0 is
// found from the header row.
func delimiters() map[string]rune {
	return map[string]rune{"": 0, "auto": 0, ",": ',', ";": ';', "|": '|', "tab": '\t', "\t": '\t'}
}

// problems says what is wrong with a CSV section, whose place is key.
func (s *csvConfig) problems(bad func(string, ...any), oneOf func(string, []string, ...any), key ...any) {
	at := func(name string) []any { return append(slices.Clip(key), name) }
	if s.Path == "" {
		bad("csv.path is missing: name the file to read", at("path")...)
	}
	if s.DefaultRole != "" {
		oneOf(s.DefaultRole, []string{"unstated", "member", "admin"}, at("default_role")...)
	}
	if s.OnBadRow != "" {
		oneOf(s.OnBadRow, []string{"hold_group", "fail"}, at("on_bad_row")...)
	}
	if _, known := delimiters()[s.Delimiter]; !known {
		bad(fmt.Sprintf("csv.delimiter is %q; it can be auto, or one of , ; | and tab", s.Delimiter), at("delimiter")...)
	}
	if s.Path == standardInput && s.MaxAge.Duration != 0 {
		bad(`csv.max_age is about a file, and path is "-": standard input has no age`, at("max_age")...)
	}
	if s.Path == standardInput && s.ChecksumFile != "" {
		bad(`csv.checksum_file is about a file, and path is "-": standard input has no name to look for in it`, at("checksum_file")...)
	}
}

// stdinProblems refuses several sources that would each have a part of standard
// input.
func (c *config) stdinProblems(bad func(string, ...any)) {
	first := ""
	for i, s := range c.Sources {
		switch {
		case s.CSV == nil || s.CSV.Path != standardInput:
		case first == "":
			first = s.Name
		default:
			bad(fmt.Sprintf("standard input is read by source %q already; only one source can have the path \"-\"", first), "sources", i, "csv", "path")
		}
	}
}

func newCSV(env *Env, c *config, s sourceConfig) (*csv.Source, error) {
	columns := csv.DefaultColumns()
	if s.CSV.Columns.Group != "" {
		columns.Group = s.CSV.Columns.Group
	}
	if s.CSV.Columns.Login != "" {
		columns.Login = s.CSV.Columns.Login
	}
	if role := s.CSV.Columns.Role; role != nil {
		columns.RoleRequired = *role != ""
		columns.Role = *role
	}
	columns.Name, columns.SourceID, columns.Description = s.CSV.Columns.Name, s.CSV.Columns.SourceID, s.CSV.Columns.Description
	columns.BoxID = s.CSV.Columns.BoxID
	role, err := source.ParseRole(s.CSV.DefaultRole)
	if err != nil {
		return nil, err
	}
	return csv.New(csv.Config{
		Name: s.Name, Path: s.CSV.Path, Dir: c.dir, Stdin: env.stdin(), Delimiter: delimiters()[s.CSV.Delimiter], Columns: columns,
		MaxAge: s.CSV.MaxAge.Duration, Now: env.now, ChecksumFile: c.path(s.CSV.ChecksumFile),
		DefaultRole: role, FailOnBadRow: s.CSV.OnBadRow == "fail",
		MinGroups: orOne(s.Expect.MinGroups), MinMemberships: orOne(s.Expect.MinMemberships),
	})
}

// stdin returns standard input. A terminal is refused when somebody reads from
// it: who sits there waits for the program, and the program for them.
func (env *Env) stdin() io.Reader {
	switch {
	case env.Stdin == nil:
		return strings.NewReader("")
	case env.StdinTerminal:
		return typist{}
	default:
		return env.Stdin
	}
}

// typist is standard input with a person at it.
type typist struct{}

func (typist) Read([]byte) (int, error) {
	return 0, &exitError{
		code: exitInput, err: errors.New(`the path is "-", and standard input is a terminal`),
		hint: "pipe the file in, as in: rollcall plan -c rollcall.yaml < groups.csv",
	}
}
