package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// parseConfig reads the text in two steps: the tree of keys and values is checked
// against the types first, so that everything that cannot be meant is reported
// with its line, and then decoded over the defaults. With an error it returns
// the configuration as well if the rest could be read: unknown keys hide nothing.
func parseConfig(name string, text []byte) (*config, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var tree yaml.Node
	if err := decoder.Decode(&tree); errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file is empty", name)
	} else if err != nil {
		return nil, placed(name, err)
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: the file holds more than one document", name)
	}
	root := tree.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: the file is not a mapping of keys to values", name, root.Line)
	}
	c := defaultConfig()
	w := walk{file: name}
	w.value("", root, reflect.TypeFor[config]())
	if w.unusable {
		return nil, errors.Join(w.found...)
	}
	if valueOf(valueOf(root, "target"), "box") != nil {
		defaults := defaultBox()
		c.Target.Box = &defaults
	}
	if err := root.Decode(c); err != nil {
		return nil, errors.Join(errors.Join(w.found...), placed(name, err))
	}
	c.at = func(key ...any) string { return fmt.Sprintf("%s:%d", name, lineOf(root, key)) }
	return c, errors.Join(w.found...)
}

// placed rewrites the library's messages: "line 3: …" becomes "name:3: …".
func placed(name string, err error) error {
	messages := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	if e, ok := errors.AsType[*yaml.TypeError](err); ok {
		messages = e.Errors
	}
	var all []error
	for _, m := range messages {
		if rest, ok := strings.CutPrefix(m, "line "); ok {
			m = name + ":" + rest
		} else {
			m = name + ": " + m
		}
		all = append(all, errors.New(m))
	}
	return errors.Join(all...)
}

// walk goes through the tree beside the type and notes what cannot be meant:
// keys that are unknown or stand twice, and values of another kind than the
// key's. The library would take "no" for false and 2.9 for 2, and would leave out
// an entry of a list that has no value.
type walk struct {
	file     string
	found    []error
	unusable bool // the tree cannot be decoded
}

// refuse notes what keeps the tree from being decoded.
func (w *walk) refuse(node *yaml.Node, format string, args ...any) {
	w.unusable = true
	w.note(node, format, args...)
}

func (w *walk) note(node *yaml.Node, format string, args ...any) {
	w.found = append(w.found, fmt.Errorf("%s:%d: %s", w.file, node.Line, fmt.Sprintf(format, args...)))
}

func (w *walk) value(key string, node *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	node = behind(node)
	null := isNull(node)
	section := t.Kind() == reflect.Struct || t.Kind() == reflect.Slice
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()):
		if null {
			w.refuse(node, "%s has no value", key)
		}
	case t.Kind() == reflect.Struct && node.Kind == yaml.MappingNode:
		w.mapping(key, node, t)
	case t.Kind() == reflect.Slice && node.Kind == yaml.SequenceNode:
		for i, entry := range node.Content {
			if t.Elem().Kind() == reflect.Struct && isNull(behind(entry)) {
				w.refuse(entry, "%s[%d] has no value", key, i)
				continue
			}
			w.value(fmt.Sprintf("%s[%d]", key, i), entry, t.Elem())
		}
	case section && null: // an empty section means the defaults
	case t.Kind() == reflect.Struct:
		w.refuse(node, "%s holds keys and values", key)
	case t.Kind() == reflect.Slice:
		w.refuse(node, "%s is a list, such as [a, b]", key)
	case null:
		w.refuse(node, "%s has no value", key)
	case node.Kind != yaml.ScalarNode:
		w.refuse(node, "%s is a single value", key)
	case t.Kind() == reflect.Bool && node.ShortTag() != "!!bool":
		w.refuse(node, "%s is true or false", key)
	case (t.Kind() == reflect.Int || t.Kind() == reflect.Int64) && node.ShortTag() != "!!int":
		w.refuse(node, "%s is a whole number", key)
	}
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

func (w *walk) mapping(path string, node *yaml.Node, t reflect.Type) {
	fields := fieldsOf(t)
	seen := map[string]int{}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		field, known := fields[key.Value]
		switch first, twice := seen[key.Value]; {
		case !known:
			w.note(key, "unknown key %q%s", key.Value, cmp.Or(misplacedLimit(t, key.Value), nearest(key.Value, fields)))
		case twice:
			w.refuse(key, "key %q is in line %d already", key.Value, first)
		default:
			w.value(strings.TrimPrefix(path+"."+key.Value, "."), node.Content[i+1], field)
		}
		seen[key.Value] = key.Line
	}
}

func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key != "" {
			fields[key] = f.Type
		}
	}
	return fields
}

// nearest suggests the known key that is spelt most alike.
func nearest(key string, fields map[string]reflect.Type) string {
	best, distance := "", max(2, len(key)/3)+1
	for candidate := range fields {
		d := editDistance(key, candidate)
		if d < distance || d == distance && candidate < best {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is Levenshtein's: insertions, deletions and substitutions.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// behind follows an alias to what it stands for.
func behind(node *yaml.Node) *yaml.Node {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// valueOf returns the value of a key, or nil.
func valueOf(node *yaml.Node, key string) *yaml.Node {
	node = behind(node)
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

// lineOf returns the line of a key, or of the nearest key around it that the
// file has.
func lineOf(node *yaml.Node, path []any) int {
	line := node.Line
	for _, step := range path {
		switch step := step.(type) {
		case string:
			for i := 0; node.Kind == yaml.MappingNode && i < len(node.Content); i += 2 {
				if node.Content[i].Value == step {
					line = node.Content[i].Line
				}
			}
			next := valueOf(node, step)
			if next == nil {
				return line
			}
			node = next
		case int:
			if node.Kind != yaml.SequenceNode || step >= len(node.Content) {
				return line
			}
			node = node.Content[step]
			line = node.Line
		}
	}
	return line
}

func wrong(node *yaml.Node, format string, args ...any) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: ", node.Line) + fmt.Sprintf(format, args...)}}
}

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
		one, err := plan.ParseLimit(entry.Value)
		if err != nil || entry.Kind != yaml.ScalarNode {
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
	if node.Kind != yaml.ScalarNode {
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

// secret says where a secret is to be found. The secret itself is never part
// of the configuration, and never printed.
type secret struct {
	env, file string
}

// UnmarshalYAML reads {env: NAME} or {file: PATH}, and refuses a secret that is
// written out.
func (s *secret) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode && len(node.Content) == 2 && node.Content[1].Kind == yaml.ScalarNode {
		switch node.Content[0].Value {
		case "env":
			s.env = node.Content[1].Value
		case "file":
			s.file = node.Content[1].Value
		}
	}
	if s.empty() {
		return wrong(node, "a secret is not written here: say {env: NAME} or {file: PATH}")
	}
	return nil
}

func (s *secret) empty() bool { return s.env == "" && s.file == "" }

// read returns the secret, without the line end of a file.
func (s *secret) read(c *config, env *Env) (string, error) {
	if s.env != "" {
		value, _ := env.LookupEnv(s.env)
		if value == "" {
			return "", fmt.Errorf("the environment variable %s, which is to hold a secret, is not set", s.env)
		}
		return value, nil
	}
	text, err := os.ReadFile(c.path(s.file))
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", err)
	}
	value := strings.TrimRight(string(text), "\r\n")
	if value == "" {
		return "", fmt.Errorf("the secret in %s is empty", c.path(s.file))
	}
	return value, nil
}
