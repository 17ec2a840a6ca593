package cmd

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// fieldsOf returns the keys of a section and the types of their values.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key != "" {
			fields[key] = f.Type
		}
	}
	return fields
}

// fieldNamed returns the field of a section that a key is for.
func fieldNamed(section reflect.Value, key string) reflect.Value {
	for f := range section.Type().Fields() {
		if f.Tag.Get("yaml") == key {
			return section.FieldByIndex(f.Index)
		}
	}
	return reflect.Value{}
}

// below returns the path of something in a section or a list.
func below(path []any, step any) []any { return append(slices.Clip(path), step) }

// secretive reports whether secrets belong below a path. What stands there is not
// shown where it is wrong: it may be one.
func secretive(path []any) bool {
	return slices.Contains(path, any("auth")) || slices.Contains(path, any("bind"))
}

// unknownKey says of a key that a section does not have what may be meant, and
// which of the section's own keys that is.
func unknownKey(path []any, key string, section reflect.Type) (text, meant string) {
	fields := fieldsOf(section)
	name, value, joined := strings.Cut(key, ":")
	joined = joined && value != "" && !strings.ContainsAny(name, " \t")
	shown := fmt.Sprintf("unknown key %q", shortened(key))
	switch {
	case secretive(path) && joined && fields[name] != nil:
		return fmt.Sprintf("a blank is missing after %q", name+":"), name
	case secretive(path):
		hint, meant := nearest(key, maps.Keys(fields))
		return fmt.Sprintf("unknown key in %s, which is not shown, as it may be a secret%s", dotted(path), hint), meant
	case joined:
		// What follows the colon may be anything, a secret as well.
		text = fmt.Sprintf("unknown key %q: a blank is missing after the colon", shortened(name)+":…")
		if fields[name] != nil {
			meant = name
		}
		return text, meant
	}
	if folded := foldKey(key); fields[folded] != nil {
		return fmt.Sprintf("%s; did you mean %q?", shown, folded), folded
	}
	if hint := misplacedLimit(section, key); hint != "" {
		return shown + hint, ""
	}
	hint, meant := nearest(key, maps.Keys(fields))
	if meant != "" && editDistance(foldKey(key), meant) == 1 {
		return shown + hint, meant
	}
	if places := placesOf(foldKey(key)); len(places) > 0 && len(places) <= 3 {
		return fmt.Sprintf("%s here; it belongs %s", shown, strings.Join(places, ", or ")), ""
	}
	return shown + hint, meant
}

// shortened returns a text that fits into a message.
func shortened(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

// foldKey spells maxCalls, max-calls and Max_Calls as max_calls.
func foldKey(key string) string {
	var b strings.Builder
	lower := false
	for _, r := range key {
		if unicode.IsUpper(r) && lower {
			b.WriteByte('_')
		}
		lower = unicode.IsLower(r) || unicode.IsDigit(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.NewReplacer("-", "_", " ", "_").Replace(b.String())
}

// placesOf says where in the configuration a key belongs.
func placesOf(key string) []string {
	places := map[string]bool{}
	var look func(path string, t reflect.Type)
	look = func(path string, t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer:
			look(path, t.Elem())
		case reflect.Slice:
			look(path+"[]", t.Elem())
		case reflect.Struct:
			for name, field := range fieldsOf(t) {
				switch {
				case name == key && path == "":
					places["at the left margin, in no section"] = true
				case name == key:
					places["under "+path] = true
				}
				look(strings.TrimPrefix(path+"."+name, "."), field)
			}
		default:
		}
	}
	look("", reflect.TypeFor[config]())
	return slices.Sorted(maps.Keys(places))
}

// nearest suggests the known word that is spelt most alike.
func nearest(key string, known iter.Seq[string]) (hint, best string) {
	const long = 64 // no key is, and comparing takes its time
	if len(key) > long {
		return "", ""
	}
	key = foldKey(key)
	distance := max(2, len(key)/3) + 1
	for candidate := range known {
		d := editDistance(key, candidate)
		if d < distance || d == distance && candidate < best {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return "", ""
	}
	return fmt.Sprintf("; did you mean %q?", best), best
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
