package layout

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The budgets, in lines. Tests have none but for what a reader will bear.
const (
	MaxFile = 450
	MaxFunc = 80
	MaxMain = 15
)

// Sizes checks the length of files and functions.
func Sizes(files []File) []Violation {
	var found []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		limit := MaxFile
		if f.Path == "cmd/rollcall/main.go" {
			limit = MaxMain
		}
		if n := f.lines(f.syntax.FileStart, f.syntax.FileEnd-1); n > limit {
			found = append(found, Violation{f.Path, "file-length", fmt.Sprintf("%d lines, at most %d: split it by what it is about", n, limit)})
		}
		for _, d := range f.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.lines(fn.Pos(), fn.End()); n > MaxFunc {
				found = append(found, Violation{f.at(fn.Pos()), "func-length", fmt.Sprintf("%s has %d lines, at most %d", fn.Name.Name, n, MaxFunc)})
			}
		}
	}
	return found
}

// PackageComments checks that every package has a comment that begins with its
// name, as go doc expects.
func PackageComments(files []File) []Violation {
	documented := make(map[string]bool)
	var dirs []string
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		name := f.syntax.Name.Name
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(f.Dir()) + " "
		}
		if !slices.Contains(dirs, f.Dir()) {
			dirs = append(dirs, f.Dir())
		}
		text := f.syntax.Doc.Text()
		if strings.HasPrefix(text, want) {
			documented[f.Dir()] = true
		}
	}
	var found []Violation
	for _, dir := range dirs {
		if !documented[dir] {
			found = append(found, Violation{dir, "package-comment", `no file of the package has a comment that begins "Package NAME" ("Command NAME" for main)`})
		}
	}
	return found
}

// ExportedDocs checks that every exported function, method, type, constant and
// variable is documented. A comment on a group of constants covers the group,
// and so does one at the end of a line.
func ExportedDocs(files []File) []Violation {
	var found []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			for _, id := range undocumented(d) {
				found = append(found, Violation{f.at(id.Pos()), "exported-doc", id.Name + " is exported and not documented"})
			}
		}
	}
	return found
}

// undocumented returns the exported names of a declaration without a comment.
func undocumented(d ast.Decl) []*ast.Ident {
	var names []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && exportedReceiver(d) {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && s.Doc == nil && s.Comment == nil && s.Name.IsExported() {
					names = append(names, s.Name)
				}
			case *ast.ValueSpec:
				if d.Doc != nil || s.Doc != nil || s.Comment != nil {
					continue
				}
				names = append(names, slices.DeleteFunc(slices.Clone(s.Names), func(id *ast.Ident) bool { return !id.IsExported() })...)
			}
		}
	}
	return names
}

// exportedReceiver reports whether a function has no receiver, or one of an
// exported type.
func exportedReceiver(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	t := fn.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// Globals checks that nothing at package level runs or changes: no init, and no
// variables but errors, compiled regexps, embedded files and the assertion that
// a type implements an interface.
func Globals(files []File) []Violation {
	var found []Violation
	for _, f := range files {
		if f.IsTest() {
			continue
		}
		for _, d := range f.syntax.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					found = append(found, Violation{f.at(d.Pos()), "init", "no init functions: call it from cmd, where the reader sees the order"})
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR {
					found = append(found, variables(f, d)...)
				}
			}
		}
	}
	return found
}

// variables finds the package-level variables that somebody could change.
func variables(f File, d *ast.GenDecl) []Violation {
	var found []Violation
	for _, spec := range d.Specs {
		s := spec.(*ast.ValueSpec)
		embedded := embeds(d.Doc) || embeds(s.Doc)
		for i, id := range s.Names {
			var value ast.Expr
			if i < len(s.Values) {
				value = s.Values[i]
			}
			if id.Name == "_" || embedded || unchanging(id.Name, value) {
				continue
			}
			why := id.Name + " is a variable at package level: make it a constant, a parameter, or a function that returns the value"
			found = append(found, Violation{f.at(id.Pos()), "package-var", why})
		}
	}
	return found
}

// unchanging reports whether a variable is one by name only: an error, or a
// compiled regexp.
func unchanging(name string, value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return false
	}
	switch x.Name + "." + sel.Sel.Name {
	case "regexp.MustCompile":
		return true
	case "errors.New", "fmt.Errorf":
		return strings.HasPrefix(name, "Err") || strings.HasPrefix(name, "err")
	}
	return false
}

// embeds reports whether a comment tells the compiler to embed a file.
func embeds(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") })
}

var (
	leftOver = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	reasoned = regexp.MustCompile(`\b(TODO|FIXME|XXX)\([^()]*[^()\s][^()]*\)`)
)

// LeftOvers checks that a comment that puts something off says in parentheses
// what it waits for.
func LeftOvers(files []File) []Violation {
	var found []Violation
	for _, f := range files {
		for _, group := range f.syntax.Comments {
			for _, c := range group.List {
				if word := leftOver.FindString(reasoned.ReplaceAllString(c.Text, "")); word != "" {
					found = append(found, Violation{f.at(c.Pos()), "left-over", word + " needs a reason in parentheses: what does it wait for?"})
				}
			}
		}
	}
	return found
}
