package layout

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Module is the import path of the module that the rules are about.
const Module = "github.com/rollcall-sync/rollcall"

// Violation is one place that breaks one rule.
type Violation struct {
	Where string // file, file:line, or the name of a package
	Rule  string // a short name, by which a test can ask for it
	Why   string // what is wrong, and what to do about it
}

// String returns the violation as a compiler would print it.
func (v Violation) String() string { return fmt.Sprintf("%s: %s (rule %s)", v.Where, v.Why, v.Rule) }

// File is a parsed Go file.
type File struct {
	Path   string // below the module's root, with slashes
	fset   *token.FileSet
	syntax *ast.File
}

// Parse parses src as the file at path, which need not exist.
func Parse(path, src string) (File, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, fmt.Errorf("parse %s: %w", path, err)
	}
	return File{Path: path, fset: fset, syntax: f}, nil
}

// Load parses every Go file below root, in the order of their paths. It leaves
// out what the go command leaves out: testdata, names that begin with a dot or an
// underscore, and what go.mod ignores, which is node_modules. A directory with a go.mod of its own is another module.
func Load(root string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != root && skipped(name) {
				return filepath.SkipDir
			}
			return nil
		case filepath.Ext(name) != ".go" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_"):
			return nil
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := Parse(filepath.ToSlash(rel), string(src))
		files = append(files, f)
		return err
	})
	return files, err
}

// skipped reports whether the directory is none of this module's packages.
func skipped(dir string) bool {
	base := filepath.Base(dir)
	if base == "testdata" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// Dir returns the package directory below the module's root.
func (f File) Dir() string { return path.Dir(f.Path) }

// IsTest reports whether the file belongs to a test.
func (f File) IsTest() bool { return strings.HasSuffix(f.Path, "_test.go") }

// at names the line that pos is on.
func (f File) at(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.Path, f.fset.Position(pos).Line)
}

// lines counts the lines from one position to another, both included.
func (f File) lines(from, to token.Pos) int {
	return f.fset.Position(to).Line - f.fset.Position(from).Line + 1
}

// imports returns the import paths of the file, each with its position.
func (f File) imports() map[string]token.Pos {
	m := make(map[string]token.Pos, len(f.syntax.Imports))
	for _, spec := range f.syntax.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			m[p] = spec.Pos()
		}
	}
	return m
}
