package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mutant is one way in which the package is broken.
type mutant struct {
	id int // what switches it on, from 1
	// name says where and what: file, function, what is done, and to what. It holds
	// no line, so that it stays what it is when lines move; of several that would
	// have one name, the later ones have a number at the end.
	name  string
	place string // file:line, for people
}

// mutated is a package with all its mutants in it.
type mutated struct {
	dir, name  string
	properties bool              // the tests have some
	files      map[string]string // changed, by path
	mutants    []mutant
}

// rewritePackage puts every mutant into the files of the package in dir. Tests are
// left alone.
func rewritePackage(dir string) (*mutated, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	listed, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	fset, out := token.NewFileSet(), &mutated{dir: dir, name: listed.Name, files: map[string]string{}}
	out.properties = slices.Contains(append(listed.TestImports, listed.XTestImports...), "pgregory.net/rapid")
	var files []*ast.File
	for _, name := range listed.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	if _, err := config.Check(dir, fset, files, info); err != nil {
		return nil, err
	}
	names := map[string]int{}
	for _, f := range files {
		path := fset.Position(f.Pos()).Filename
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		r := &rewriter{out: out, fset: fset, info: info, text: string(text), file: filepath.Base(path), names: names, spots: map[ast.Node]string{}}
		r.findSpots(f)
		out.files[path] = r.splice(f, int(f.FileStart), int(f.FileEnd))
	}
	return out, nil
}

// rewriter changes one file. Every change is made of the text of what it changes,
// with the changes inside that made first.
type rewriter struct {
	out      *mutated
	fset     *token.FileSet
	info     *types.Info
	text     string
	file     string
	function string
	names    map[string]int
	spots    map[ast.Node]string // what is done to a node, beside what it is
}

// What is done to a node because of where it stands.
const (
	negate = "negate"
	leave  = "leave out"
)

// findSpots finds the truths and the statements that stand where they can be
// changed, whatever they are.
func (r *rewriter) findSpots(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			r.truth(n.Cond)
			if n.Else == nil {
				r.jump(n.Body.List)
			}
		case *ast.ForStmt:
			r.truth(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				for _, c := range n.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						r.truth(e)
					}
				}
			}
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				r.truth(n.X)
				r.truth(n.Y)
			}
		case *ast.ReturnStmt:
			for _, e := range n.Results {
				r.truth(e)
			}
		case *ast.BlockStmt:
			r.statements(n.List)
		case *ast.CaseClause:
			r.statements(n.Body)
		case *ast.CommClause:
			r.statements(n.Body)
		default:
		}
		return true
	})
}

// truth marks a bool that is not one of the expressions that are changed anyway.
func (r *rewriter) truth(e ast.Expr) {
	if e == nil {
		return
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		r.truth(e.X)
		return
	case *ast.BinaryExpr:
		return
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return
		}
	default:
	}
	if basic, ok := r.info.Types[e].Type.(*types.Basic); ok && basic.Info()&types.IsBoolean != 0 {
		r.spots[e] = negate
	}
}

// statements marks those that can be left out: calls, and changes of what was
// declared before.
func (r *rewriter) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.ExprStmt:
			call, ok := s.X.(*ast.CallExpr)
			if name, named := call.Fun.(*ast.Ident); ok && !(named && name.Name == "panic") {
				r.spots[s] = leave
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				r.spots[s] = leave
			}
		case *ast.IncDecStmt:
			r.spots[s] = leave
		default:
		}
	}
}

// jump marks the way out at the end of an if that has no else.
func (r *rewriter) jump(list []ast.Stmt) {
	if len(list) == 0 {
		return
	}
	switch s := list[len(list)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		r.spots[s] = leave
	default:
	}
}

// splice returns the text from one position to another, which root fills, with
// everything in it changed.
func (r *rewriter) splice(root ast.Node, from, to int) string {
	var out strings.Builder
	at := from
	ast.Inspect(root, func(n ast.Node) bool {
		if d, ok := n.(*ast.FuncDecl); ok {
			r.function = d.Name.Name
		}
		if n == nil || n == root || !r.changes(n) {
			return true
		}
		out.WriteString(r.source(at, int(n.Pos())))
		out.WriteString(r.change(n))
		at = int(n.End())
		return false
	})
	out.WriteString(r.source(at, to))
	return out.String()
}

// source returns the text between two positions of the file.
func (r *rewriter) source(from, to int) string {
	base := r.fset.File(token.Pos(from)).Base()
	return r.text[from-base : to-base]
}

func (r *rewriter) raw(n ast.Node) string { return r.source(int(n.Pos()), int(n.End())) }

// inner returns the text of a node with everything in it changed, itself included.
func (r *rewriter) inner(n ast.Node) string {
	if r.changes(n) {
		return r.change(n)
	}
	return r.splice(n, int(n.Pos()), int(n.End()))
}

// changes reports whether something is done to the node itself.
func (r *rewriter) changes(n ast.Node) bool {
	if r.spots[n] != "" {
		return true
	}
	e, ok := n.(ast.Expr)
	if !ok || r.info.Types[e].Value != nil {
		return false // the compiler's constants stay constants
	}
	switch e := e.(type) {
	case *ast.BinaryExpr:
		_, arithmetic := arithmetics()[e.Op]
		_, edge := edges()[e.Op]
		return arithmetic && r.isNumber(e) || edge || slices.Contains([]token.Token{token.LAND, token.LOR, token.EQL, token.NEQ}, e.Op)
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		return ok && (name.Name == "min" || name.Name == "max") && len(e.Args) == 2
	default:
		return false
	}
}

func (r *rewriter) isNumber(e ast.Expr) bool {
	basic, ok := r.info.Types[e].Type.Underlying().(*types.Basic)
	return ok && basic.Info()&types.IsNumeric != 0
}

// arithmetics and edges name the switch that stands for an operator.
func arithmetics() map[token.Token]string {
	return map[token.Token]string{token.ADD: "Add", token.SUB: "Sub", token.MUL: "Mul", token.QUO: "Div"}
}

func edges() map[token.Token]string {
	return map[token.Token]string{token.LSS: "EdgeIn", token.GTR: "EdgeIn", token.LEQ: "EdgeOut", token.GEQ: "EdgeOut"}
}

// change returns the changed text of a node.
func (r *rewriter) change(n ast.Node) string {
	switch r.spots[n] {
	case leave:
		id := r.mutant(n, leave)
		return fmt.Sprintf("if mutantKeep(%d) { %s }", id, r.splice(n, int(n.Pos()), int(n.End())))
	case negate:
		id := r.mutant(n, negate)
		return fmt.Sprintf("mutantNot(%d, %s)", id, r.splice(n, int(n.Pos()), int(n.End())))
	}
	switch e := n.(type) {
	case *ast.UnaryExpr:
		return fmt.Sprintf("mutantNot(%d, !%s)", r.mutant(e, negate), r.inner(e.X))
	case *ast.CallExpr:
		name, other := "Max", "min for"
		if e.Fun.(*ast.Ident).Name == "min" {
			name, other = "Min", "max for"
		}
		return fmt.Sprintf("mutant%s(%d, %s, %s)", name, r.mutant(e, other), r.inner(e.Args[0]), r.inner(e.Args[1]))
	case *ast.BinaryExpr:
		return r.changeBinary(e)
	default:
		panic(fmt.Sprintf("nothing is done to a %T", n))
	}
}

func (r *rewriter) changeBinary(e *ast.BinaryExpr) string {
	if name, ok := arithmetics()[e.Op]; ok {
		return fmt.Sprintf("mutant%s(%d, %s, %s)", name, r.mutant(e, "invert "+e.Op.String()+" of"), r.inner(e.X), r.inner(e.Y))
	}
	switch e.Op {
	case token.LAND:
		return fmt.Sprintf("mutantAnd(%d, %s, func() bool { return %s })", r.mutant(e, "|| for && of"), r.inner(e.X), r.inner(e.Y))
	case token.LOR:
		return fmt.Sprintf("mutantOr(%d, %s, func() bool { return %s })", r.mutant(e, "&& for || of"), r.inner(e.X), r.inner(e.Y))
	default:
	}
	not := r.mutant(e, negate)
	text := fmt.Sprintf("%s %s %s", r.inner(e.X), e.Op, r.inner(e.Y))
	if name, ok := edges()[e.Op]; ok {
		text = fmt.Sprintf("mutant%s(%d, %s, %s == %s)", name, r.mutant(e, "move the edge of"), text, r.raw(e.X), r.raw(e.Y))
	}
	return fmt.Sprintf("mutantNot(%d, %s)", not, text)
}

// mutant counts one, and gives it a name.
func (r *rewriter) mutant(n ast.Node, what string) int {
	text := strings.Join(strings.Fields(r.raw(n)), " ")
	if runes := []rune(text); len(runes) > 100 {
		text = string(runes[:100]) + "…"
	}
	name := fmt.Sprintf("%s %s: %s: %s", r.file, r.function, what, text)
	if r.names[name]++; r.names[name] > 1 {
		name = fmt.Sprintf("%s #%d", name, r.names[name])
	}
	id := len(r.out.mutants) + 1
	r.out.mutants = append(r.out.mutants, mutant{id, name, fmt.Sprintf("%s:%d", r.file, r.fset.Position(n.Pos()).Line)})
	return id
}
