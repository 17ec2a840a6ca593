package cmd

import (
	"encoding/json"

	"github.com/invopop/jsonschema"
)

// The forms of a directory, as far as a schema can tell them.
const (
	dnText     = `^\s*[^=(), ]+\s*=[\s\S]+$`
	filterText = `^\([\s\S]+\)$`
)

func dnForm(s *jsonschema.Schema)       { s.Pattern = dnText }
func filterForm(s *jsonschema.Schema)   { s.Pattern = filterText }
func templateForm(s *jsonschema.Schema) { s.Pattern = `\{name\}` }

func attributeForm(s *jsonschema.Schema) { s.Pattern = `\S` }

// optional is said of a text that may be empty.
func optional(form func(*jsonschema.Schema)) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		form(s)
		s.Pattern = "^$|" + s.Pattern
	}
}

// eachText is said of a list whose entries have a form; it may be empty.
func eachText(form func(*jsonschema.Schema)) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		form(s.Items)
		orNull(s, true)
	}
}

func someAddresses(s *jsonschema.Schema) {
	s.MinItems = new(uint64(1))
	s.Items.Pattern = `^[lL][dD][aA][pP][sS]?://[^/?#@\s]+/*$`
}

func between(least, most json.Number) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Minimum, s.Maximum = least, most }
}

// given is a section in which a text is there and not empty.
func given(key string) *jsonschema.Schema {
	return withProperties(&jsonschema.Schema{Required: []string{key}}, map[string]*jsonschema.Schema{key: {MinLength: new(uint64(1))}})
}

// atMostOne is said of a section in which texts exclude each other.
func atMostOne(keys ...string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		var pairs []*jsonschema.Schema
		for i, a := range keys {
			for _, b := range keys[i+1:] {
				pairs = append(pairs, &jsonschema.Schema{AllOf: []*jsonschema.Schema{{Type: "object"}, given(a), given(b)}})
			}
		}
		s.Not = &jsonschema.Schema{AnyOf: pairs}
		orNull(s, true)
	}
}

// together is said of a section in which each of two texts needs the other one.
func together(a, b string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.AnyOf = []*jsonschema.Schema{
			{Not: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{given(a), given(b)}}},
			{AllOf: []*jsonschema.Schema{given(a), given(b)}},
		}
		orNull(s, true)
	}
}

// directory is said of an ldap section.
func directory(s *jsonschema.Schema) { s.Required = []string{"urls", "bind", "groups", "users"} }

// bindForms ties dn and password to the method that has them.
func bindForms(s *jsonschema.Schema) {
	method := func(is *jsonschema.Schema, keys ...string) *jsonschema.Schema {
		return withProperties(&jsonschema.Schema{Required: keys}, map[string]*jsonschema.Schema{"method": is})
	}
	simple := method(&jsonschema.Schema{Const: "simple"}, "dn", "password")
	simple.Properties.Set("dn", &jsonschema.Schema{MinLength: new(uint64(1))})
	other := method(&jsonschema.Schema{Enum: []any{"anonymous", "external"}}, "method")
	other.Properties.Set("dn", &jsonschema.Schema{MaxLength: new(uint64(0))})
	other.Properties.Set("password", jsonschema.FalseSchema)
	s.OneOf = []*jsonschema.Schema{simple, other}
}
