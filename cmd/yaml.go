package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// parseConfig reads the text over the defaults. What cannot be meant is noted with
// its line and left out: unknown keys, keys that stand twice, values of another
// kind than the key's. So the rest can be checked as well; the configuration
// knows what was left out. It is nil where there is nothing to check.
func parseConfig(name string, text []byte) (*config, error) {
	root, err := parseTree(name, text)
	if err != nil {
		return nil, err
	}
	c := defaultConfig()
	w := walk{file: name}
	w.value(nil, root, reflect.ValueOf(c).Elem())
	if w.stopped || w.isCut("") {
		return nil, errors.Join(w.found...)
	}
	c.file, c.cut = name, w.cut
	c.line = func(key ...any) int { line, _ := lineOf(root, key); return line }
	c.has = func(key ...any) bool { _, found := lineOf(root, key); return found }
	c.at = func(key ...any) string { return fmt.Sprintf("%s:%d", name, c.line(key...)) }
	return c, errors.Join(w.found...)
}

// parseTree returns the mapping that the text is.
func parseTree(name string, text []byte) (*yaml.Node, error) {
	tree, second, err := documents(text)
	switch {
	case err != nil:
		return nil, syntaxProblem(name, text, err, func(part []byte) error { _, _, err := documents(part); return err })
	case tree == nil:
		return nil, &problem{file: name, text: "the file is empty"}
	case second != nil:
		return nil, &problem{name, second.Line, "the file holds more than one document"}
	}
	root := tree.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, &problem{file: name, line: root.Line, text: "the file is no configuration, which has keys and values and begins with version: 1"}
	}
	return root, nil
}

// documents returns the first two documents of a text; nil where there is none.
func documents(text []byte) (first, second *yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for _, document := range []**yaml.Node{&first, &second} {
		node := &yaml.Node{}
		err := decoder.Decode(node)
		if errors.Is(err, io.EOF) {
			return first, second, nil
		}
		if err != nil {
			return nil, nil, err
		}
		*document = node
	}
	return first, second, nil
}

// defaulted is what has defaults of its own, which stand where the file gives it.
type defaulted interface{ setDefaults() }

// The bounds of a walk. Aliases can make much of a small file.
const (
	maxSteps = 1 << 20
	maxFound = 1000
)

// walk goes through the tree beside the value that it fills. The library's own
// decoder would take "no" for false, 2.9 for 2 and 012 for 10, would leave out an
// entry of a list that has no value, and would quote what it refuses, also where
// that is a secret.
type walk struct {
	file    string
	found   []error
	cut     []string // what is not filled in, as dotted has it
	steps   int
	stopped bool // the rest was not looked at
}

func (w *walk) note(node *yaml.Node, format string, args ...any) {
	w.found = append(w.found, &problem{w.file, node.Line, fmt.Sprintf(format, args...)})
	w.stopped = w.stopped || len(w.found) >= maxFound
}

// refuse notes why the value of a key is left out. The key itself is the format's
// first argument.
func (w *walk) refuse(path []any, node *yaml.Node, format string) {
	w.cut = append(w.cut, dotted(path))
	w.note(node, format, dotted(path))
}

func (w *walk) isCut(key string) bool { return slices.Contains(w.cut, key) }

// step counts, and reports whether to go on.
func (w *walk) step(node *yaml.Node) bool {
	if w.steps++; w.steps == maxSteps {
		w.note(node, "the file says too much, in itself or by its aliases")
		w.stopped = true
	}
	return !w.stopped
}

// value fills in v, which can be set. Whatever it cannot be is noted and cut.
func (w *walk) value(path []any, node *yaml.Node, v reflect.Value) {
	node = behind(node)
	if !w.step(node) {
		return
	}
	null := isNull(node)
	reader, readsItself := reflect.TypeAssert[yaml.Unmarshaler](v.Addr())
	switch kind := v.Kind(); {
	case node.Style&yaml.TaggedStyle != 0:
		w.refuse(path, node, "%s has a tag, such as !!str, which is not read here; write the value alone, a text in quotes")
	case kind == reflect.Pointer:
		w.pointer(path, node, v, null)
	case null && !readsItself && (kind == reflect.Struct || kind == reflect.Slice): // an empty section means the defaults
	case null:
		w.refuse(path, node, "%s has no value")
	case readsItself:
		w.form(path, node, reader)
	case kind == reflect.Struct && node.Kind == yaml.MappingNode:
		w.mapping(path, node, v)
	case kind == reflect.Struct && node.Kind == yaml.ScalarNode && joinedKey.MatchString(node.Value):
		w.refuse(path, node, "%s holds keys and values; a blank is missing after a colon")
	case kind == reflect.Struct:
		w.refuse(path, node, "%s holds keys and values")
	case kind == reflect.Slice && node.Kind == yaml.SequenceNode:
		w.list(path, node, v)
	case kind == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && !isReader(v.Type().Elem()):
		w.refuse(path, node, "%s is a list of sections, each of which begins with -")
	case kind == reflect.Slice:
		w.refuse(path, node, "%s is a list, such as [a, b]")
	case node.Kind != yaml.ScalarNode:
		w.refuse(path, node, "%s is a single value")
	default:
		w.scalar(path, node, v)
	}
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

// isReader reports whether values of the type read themselves.
func isReader(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]())
}

// pointer fills in what is nil where the file does not give it.
func (w *walk) pointer(path []any, node *yaml.Node, v reflect.Value, null bool) {
	fresh := reflect.New(v.Type().Elem())
	if d, ok := reflect.TypeAssert[defaulted](fresh); ok {
		d.setDefaults()
	}
	if _, readsItself := reflect.TypeAssert[yaml.Unmarshaler](fresh); null && !readsItself && fresh.Elem().Kind() == reflect.Struct {
		w.refuse(path, node, "%s is empty; write {} for its defaults")
		return
	}
	if w.value(path, node, fresh.Elem()); !w.isCut(dotted(path)) {
		v.Set(fresh)
	}
}

// list fills in a list. An entry that is cut stays in its place, so that the
// entries are numbered as in the file.
func (w *walk) list(path []any, node *yaml.Node, v reflect.Value) {
	v.Set(reflect.MakeSlice(v.Type(), 0, len(node.Content))) // an empty list says something, other than none
	for i, entry := range node.Content {
		one := reflect.New(v.Type().Elem())
		if d, ok := reflect.TypeAssert[defaulted](one); ok {
			d.setDefaults()
		}
		if w.value(below(path, i), entry, one.Elem()); one.Elem().Kind() == reflect.Struct && isNull(behind(entry)) && !w.isCut(dotted(below(path, i))) {
			w.refuse(below(path, i), entry, "%s has no value")
		}
		v.Set(reflect.Append(v, one.Elem()))
	}
}

func (w *walk) mapping(path []any, node *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	seen, meant := map[string]int{}, []string{}
	for i := 0; i < len(node.Content) && w.step(node.Content[i]); i += 2 {
		key := node.Content[i]
		_, known := fields[key.Value]
		switch first, twice := seen[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			w.note(key, "a key is a single word, and here is none")
		case key.ShortTag() == "!!merge":
			w.note(key, "<< is not read here: write the keys out, or use an alias for a whole section")
		case !known:
			hint, own := unknownKey(path, key.Value, v.Type())
			w.note(key, "%s", hint)
			meant = append(meant, own)
		case twice:
			w.note(key, "key %q is in line %d already", key.Value, first)
		default:
			seen[key.Value] = key.Line
			w.value(below(path, key.Value), node.Content[i+1], fieldNamed(v, key.Value))
		}
	}
	for _, key := range meant { // nothing more is said of a key that is missing for it
		if _, given := seen[key]; key != "" && !given {
			w.cut = append(w.cut, dotted(below(path, key)))
		}
	}
}

// form fills in a value that has a form of its own.
func (w *walk) form(path []any, node *yaml.Node, reader yaml.Unmarshaler) {
	err := reader.UnmarshalYAML(node)
	if err == nil {
		return
	}
	w.cut = append(w.cut, dotted(path))
	e, ok := errors.AsType[*yaml.TypeError](err)
	if !ok {
		w.note(node, "%s cannot be read", dotted(path))
		return
	}
	for _, message := range e.Errors {
		place, text, _ := strings.Cut(strings.TrimPrefix(message, "line "), ": ")
		line, _ := strconv.Atoi(place)
		w.note(&yaml.Node{Line: line}, "%s: %s", dotted(path), text)
	}
}

func (w *walk) scalar(path []any, node *yaml.Node, v reflect.Value) {
	tag, quoted := node.ShortTag(), node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	switch kind := v.Kind(); {
	case kind == reflect.String && tag == "!!bool":
		w.refuse(path, node, "%s is a text; put it in quotes if the word itself is meant")
	case kind == reflect.String: // a number or a date is taken as it is written
		v.SetString(node.Value)
	case kind == reflect.Bool && tag == "!!bool":
		v.SetBool(strings.EqualFold(node.Value, "true"))
	case kind == reflect.Bool:
		w.refuse(path, node, "%s is true or false")
	case kind != reflect.Int && kind != reflect.Int64:
		if node.Decode(v.Addr().Interface()) != nil {
			w.refuse(path, node, "%s cannot be read")
		}
	case quoted && plainNumber.MatchString(node.Value):
		w.refuse(path, node, "%s is a whole number, without quotes")
	case tag == "!!int" && !plainNumber.MatchString(node.Value):
		w.refuse(path, node, "%s is a whole number; write it in plain digits, without a 0 before them")
	case tag != "!!int" && !plainNumber.MatchString(node.Value):
		w.refuse(path, node, "%s is a whole number")
	default:
		n, err := strconv.ParseInt(node.Value, 10, 64)
		if err != nil || v.OverflowInt(n) {
			w.refuse(path, node, "%s is too large a number")
			return
		}
		v.SetInt(n)
	}
}

// behind follows an alias to what it stands for.
func behind(node *yaml.Node) *yaml.Node {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// lineOf returns the line of a key, or of the nearest key around it that the
// file has, and whether it has the key itself.
func lineOf(node *yaml.Node, path []any) (line int, found bool) {
	line = node.Line
	for _, step := range path {
		node = behind(node)
		switch step := step.(type) {
		case string:
			i := 0
			for node.Kind == yaml.MappingNode && i < len(node.Content) && node.Content[i].Value != step {
				i += 2
			}
			if node.Kind != yaml.MappingNode || i >= len(node.Content) {
				return line, false
			}
			line, node = node.Content[i].Line, node.Content[i+1]
		case int:
			if node.Kind != yaml.SequenceNode || step >= len(node.Content) {
				return line, false
			}
			node = node.Content[step]
			line = node.Line
		}
	}
	return line, true
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
		entry = behind(entry)
		one, err := plan.ParseLimit(entry.Value)
		if err != nil || entry.Kind != yaml.ScalarNode || !limitPattern.MatchString(entry.Value) {
			return wrong(entry, "%q is no limit; want a number such as 500, a percentage such as 5%%, or a list of both", entry.Value)
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

// duration is written as 90s, 15m, 24h or 7d.
type duration struct{ time.Duration }

// UnmarshalYAML reads the duration.
func (d *duration) UnmarshalYAML(node *yaml.Node) (err error) {
	if d.Duration, err = parseDuration(node.Value); err != nil {
		return wrong(node, "%q is no duration; write it as 90s, 15m, 24h or 7d", node.Value)
	}
	return nil
}

// until is when something ends: its first moment at which it is over.
type until struct{ time.Time }

// UnmarshalYAML reads a day or a time.
func (u *until) UnmarshalYAML(node *yaml.Node) error {
	var ok bool
	if u.Time, ok = parseUntil(node.Value); !ok {
		return wrong(node, "%q is no such time; write a day such as 2026-12-31, which ends at midnight UTC, or a time such as 2026-12-31T18:00:00+01:00", node.Value)
	}
	return nil
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
