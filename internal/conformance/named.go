package conformance

import (
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// unnamed finds the fields of a value that none of the schemas names, all of
// which are about it. The description forbids no additional fields, and so
// kin-openapi lets a misspelt one pass.
func unnamed(schemas []*openapi3.Schema, value any, path []string) []Violation {
	schemas = parts(schemas)
	var found []Violation
	switch v := value.(type) {
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			items = appendRef(items, s.Items)
		}
		for _, element := range v {
			found = append(found, unnamed(items, element, append(slices.Clone(path), "0"))...)
		}
	case map[string]any:
		if freeForm(schemas) {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			at := append(slices.Clone(path), name)
			named := property(schemas, name)
			if len(named) == 0 {
				found = append(found, Violation{At: "body " + pointer(at), Rule: RuleUnnamed, Value: text(v[name])})
				continue
			}
			found = append(found, unnamed(named, v[name], at)...)
		}
	}
	return found
}

// parts returns schemas and all that they are composed of.
func parts(schemas []*openapi3.Schema) []*openapi3.Schema {
	var all []*openapi3.Schema
	for _, s := range schemas {
		all = append(all, s)
		for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
			for _, r := range refs {
				all = append(all, parts(appendRef(nil, r))...)
			}
		}
	}
	return all
}

// freeForm reports whether one of the schemas lets an object have any fields, as
// that of an error's context_info does.
func freeForm(schemas []*openapi3.Schema) bool {
	return slices.ContainsFunc(schemas, func(s *openapi3.Schema) bool { return s.AdditionalProperties.Schema != nil })
}

// property returns what composed schemas say about a field.
func property(schemas []*openapi3.Schema, name string) []*openapi3.Schema {
	var named []*openapi3.Schema
	for _, s := range schemas {
		named = appendRef(named, s.Properties[name])
	}
	return named
}

func appendRef(schemas []*openapi3.Schema, ref *openapi3.SchemaRef) []*openapi3.Schema {
	if ref == nil || ref.Value == nil {
		return schemas
	}
	return append(schemas, ref.Value)
}
