package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLibrary finds nothing of the library that loses entries: searches in the
// background, its own paging, which goes on with an old cookie, its own timeout, which
// drops answers, and what tells of changes instead of what there is.
func TestLibrary(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	require.Contains(t, files, "pages.go")
	var used, calls []string
	for _, name := range files {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				calls = append(calls, s.Sel.Name)
				if loses(s.Sel.Name) {
					used = append(used, name+": "+s.Sel.Name)
				}
			}
			return true
		})
	}
	assert.Contains(t, calls, "Search", "what is looked for is found where it is")
	assert.Empty(t, used)
	assert.True(t, loses("SearchAsync") && loses("DirSyncAsync") && loses("SetTimeout") && !loses("Search"))
}

func loses(name string) bool {
	return slices.Contains([]string{"SearchAsync", "SearchWithPaging", "SetTimeout", "DialURL"}, name) ||
		strings.HasPrefix(name, "DirSync") || strings.HasPrefix(name, "Syncrepl")
}
