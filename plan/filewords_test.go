package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
)

// constants returns how many constants of each type the package declares. A type
// that is not written down is that of the constant before (go.dev/ref/spec#Iota).
func constants(t *testing.T) map[string]int {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	count := map[string]int{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.CONST {
				continue
			}
			typ := ""
			for _, s := range decl.Specs {
				spec := s.(*ast.ValueSpec)
				if id, ok := spec.Type.(*ast.Ident); ok {
					typ = id.Name
				} else if spec.Values != nil {
					typ = ""
				}
				count[typ] += len(spec.Names)
			}
		}
	}
	return count
}

// Every word that the program has can be written and read.
func TestFile_everyWord(t *testing.T) {
	t.Parallel()
	count := constants(t)
	for name, words := range map[string][]string{
		"Kind": wordsOf(plan.Kinds()), "Cause": wordsOf(plan.Causes()), "Rule": words(plan.Rules()), "FindingKind": words(plan.FindingKinds()),
		"Outcome": wordsOf(outcomes()), "News": wordsOf(plan.AllNews()), "NoticeKind": words(plan.NoticeKinds()),
	} {
		assert.Len(t, words, count[name], "constants of type %s, and the words that a file may hold", name)
		sorted := slices.Sorted(slices.Values(words))
		assert.Equal(t, sorted, slices.Compact(slices.Clone(sorted)), name)
		assert.NotContains(t, words, "unknown", name)
		assert.NotContains(t, words, "", name)
	}
}

func outcomes() []plan.Outcome {
	return []plan.Outcome{plan.NotAttempted, plan.Applied, plan.Already, plan.Skipped, plan.Failed}
}

func wordsOf[T interface{ String() string }](all []T) []string {
	var out []string
	for _, v := range all {
		out = append(out, v.String())
	}
	return out
}
