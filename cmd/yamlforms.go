package cmd

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// wrong is what a form of our own returns for a value that is none; walk.form reads it.
func wrong(node *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: ", node.Line) + fmt.Sprintf(format, args...)}}
}

// limitForm is how a limit is written: its number as plainNumber is, without a sign.
const limitForm = `^\s*(0|[1-9][0-9]*|([0-9]+\.?[0-9]*|\.[0-9]+)\s*%)\s*$`

var limitPattern = regexp.MustCompile(limitForm)

// limit is N, N%, or a list of both, of which the smaller wins.
type limit struct{ plan.Limit }

// UnmarshalYAML reads the limit's two forms.
func (l *limit) UnmarshalYAML(node *yaml.Node) error {
	entries := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		entries = node.Content
	}
	l.Limit = plan.Limit{}
	for _, entry := range entries {
		entry = behind(entry)
		one, err := plan.ParseLimit(entry.Value)
		if err != nil || entry.Kind != yaml.ScalarNode || !limitPattern.MatchString(entry.Value) {
			return wrong(entry, "limit %q: want a number such as 500, a percentage such as 5%%, or a list of both", entry.Value)
		}
		l.Limit = l.And(one)
	}
	if len(entries) == 0 {
		return wrong(node, "the limit is an empty list")
	}
	return nil
}

// pattern is a shell glob.
type pattern struct{ source.Pattern }

// UnmarshalYAML reads the glob.
func (p *pattern) UnmarshalYAML(node *yaml.Node) (err error) {
	if node.Kind != yaml.ScalarNode || node.ShortTag() == "!!bool" {
		return wrong(node, "want a shell glob such as \"Finance*\"")
	}
	if p.Pattern, err = source.ParsePattern(node.Value); err != nil {
		return wrong(node, "%v", err)
	}
	return nil
}

// duration is a Go duration or a number of days: 90s, 15m, 24h, 7d.
type duration struct{ time.Duration }

// UnmarshalYAML reads the duration.
func (d *duration) UnmarshalYAML(node *yaml.Node) error {
	var err error
	if days, ok := strings.CutSuffix(node.Value, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		d.Duration = time.Duration(n) * 24 * time.Hour
	} else {
		d.Duration, err = time.ParseDuration(node.Value)
	}
	if err != nil || d.Duration < 0 {
		return wrong(node, "duration %q: write it as 90s, 15m, 24h or 7d", node.Value)
	}
	return nil
}

// untilForm is a day, or a time with its zone, in whole seconds.
const untilForm = `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2}))?$`

var untilPattern = regexp.MustCompile(untilForm)

// until is when something ends: its first moment at which it is over.
type until struct{ time.Time }

// UnmarshalYAML reads a day, which ends when it does in UTC, or a time.
func (u *until) UnmarshalYAML(node *yaml.Node) error {
	text := node.Value
	if untilPattern.MatchString(text) {
		var err error
		if u.Time, err = time.Parse(time.RFC3339, text); err == nil {
			u.Time = lastOf(u.UTC())
			return nil
		}
		if u.Time, err = time.Parse(time.DateOnly, text); err == nil {
			u.Time = lastOf(u.Add(day))
			return nil
		}
	}
	return wrong(node, "until %q: write a day such as 2026-12-31, which ends at midnight UTC, or a time such as 2026-12-31T18:00:00+01:00", text)
}

// lastOf keeps a time within the years that have four digits.
func lastOf(t time.Time) time.Time {
	if t.Year() > 9999 {
		return time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return t
}

// UnmarshalYAML reads {env: NAME} or {file: PATH}, and refuses a secret that is
// written out. What it refuses it does not show.
func (s *secretRef) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return wrong(node, "%s", secretAdvice)
	}
	given := map[string]string{}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], behind(node.Content[i+1])
		_, twice := given[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Value != "env" && key.Value != "file":
			return wrong(key, "a secret has the key env or the key file, and no other: say {env: NAME} or {file: PATH}; what stands here is not shown")
		case twice:
			return wrong(key, "a secret has its key %s twice", key.Value)
		case value.Kind != yaml.ScalarNode || value.ShortTag() == "!!null" || value.ShortTag() == "!!bool":
			return wrong(value, "the %s of a secret is a name, and here is none", key.Value)
		}
		given[key.Value] = value.Value
	}
	*s = secretRef{env: given["env"], file: given["file"]}
	if fault := s.fault(len(given)); fault != "" {
		return wrong(node, "%s", fault)
	}
	return nil
}
