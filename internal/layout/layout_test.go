package layout_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/internal/layout"
)

// root is the module's root, seen from this package.
const root = "../.."

// TestRepository holds the repository to every rule.
func TestRepository(t *testing.T) {
	t.Parallel()
	files, err := layout.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Fatalf("only %d files below %s: the rules would hold nothing", len(files), root)
	}
	rules := map[string]func([]layout.File) []layout.Violation{
		"imports":          layout.Imports,
		"sizes":            layout.Sizes,
		"package_comments": layout.PackageComments,
		"exported_docs":    layout.ExportedDocs,
		"globals":          layout.Globals,
		"left_overs":       layout.LeftOvers,
	}
	for name, rule := range rules {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, v := range rule(files) {
				t.Error(v)
			}
		})
	}
	t.Run("dependencies", func(t *testing.T) {
		t.Parallel()
		for _, v := range layout.Dependencies(read(t, "go.mod"), read(t, "docs/dependencies.md")) {
			t.Error(v)
		}
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// snippet is a file that a rule is tried on. Each rule below is tried on what
// breaks it and on what comes close without breaking it.
type snippet struct {
	name string
	path string
	src  string
	want string // the rule that it breaks, and a part of the message; empty: none
}

// try runs a rule over each snippet alone.
func try(t *testing.T, rule func([]layout.File) []layout.Violation, snippets []snippet) {
	t.Helper()
	for _, s := range snippets {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f, err := layout.Parse(s.path, s.src)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, rule([]layout.File{f}), s.want)
		})
	}
}

// expect fails unless there is exactly one violation whose text contains each
// word of want, or none if want is empty.
func expect(t *testing.T, got []layout.Violation, want string) {
	t.Helper()
	if want == "" {
		if len(got) > 0 {
			t.Errorf("got %v, want no violation", got)
		}
		return
	}
	if len(got) != 1 {
		t.Fatalf("got %v, want one violation about %q", got, want)
	}
	for word := range strings.FieldsSeq(want) {
		if !strings.Contains(got[0].String(), word) {
			t.Errorf("got %q, want it to name %q", got[0], word)
		}
	}
}

// importing returns the source of a file that imports the given paths.
func importing(paths ...string) string {
	var b strings.Builder
	b.WriteString("package p\n")
	for _, p := range paths {
		fmt.Fprintf(&b, "import _ %q\n", p)
	}
	return b.String()
}

func TestImports_Project(t *testing.T) {
	t.Parallel()
	const m = layout.Module
	try(t, layout.Imports, []snippet{
		{"source_imports_target", "source/x.go", importing(m + "/target"), "source/x.go:2 rule layers source target"},
		{"target_imports_source", "target/x.go", importing(m + "/source"), "layers values"},
		{"csv_imports_source", "source/csv/x.go", importing(m + "/source"), ""},
		{"csv_imports_ldap", "source/csv/x.go", importing(m + "/source/ldap"), "layers source/ldap"},
		{"box_imports_boxapi", "target/box/x.go", importing(m+"/target", m+"/target/box/boxapi"), ""},
		{"box_imports_emulator", "target/box/x.go", importing(m + "/target/box/emulator"), "layers target/box/emulator"},
		{"box_test_imports_emulator", "target/box/x_test.go", importing(m + "/target/box/emulator"), ""},
		{"boxapi_imports_target", "target/box/boxapi/x.go", importing(m + "/target"), "layers client"},
		{"emulator_imports_boxapi", "target/box/emulator/x.go", importing(m + "/target/box/boxapi"), "layers mistake"},
		{"plan_imports_both", "plan/x.go", importing(m+"/source", m+"/target"), ""},
		{"plan_imports_csv", "plan/x.go", importing(m + "/source/csv"), "layers plan source/csv"},
		{"state_imports_sync", "state/x.go", importing(m + "/sync"), "layers state"},
		{"report_imports_state", "report/x.go", importing(m + "/state"), "layers report"},
		{"sync_imports_box", "sync/x.go", importing(m + "/target/box"), "layers sync concrete"},
		{"sync_imports_ldap", "sync/x.go", importing(m + "/source/ldap"), "layers sync concrete"},
		{"cmd_imports_all", "cmd/x.go", importing(m+"/sync", m+"/target/box", m+"/report"), ""},
		{"main_imports_cmd", "cmd/rollcall/main.go", importing(m + "/cmd"), ""},
		{"main_imports_plan", "cmd/rollcall/main.go", importing(m + "/plan"), "layers main"},
		{"sync_imports_cmd", "sync/x.go", importing(m + "/cmd"), "layers commands"},
		{"sync_test_imports_cmd", "sync/x_test.go", importing(m + "/cmd"), "layers commands"},
		{"cmd_test_imports_cmd", "cmd/x_test.go", importing(m + "/cmd"), ""},
		{"unknown_package", "util/x.go", "package util", "layers util Layers"},
	})
}

func TestImports_Pure(t *testing.T) {
	t.Parallel()
	try(t, layout.Imports, []snippet{
		{"plan_context", "plan/x.go", importing("context"), "pure context"},
		{"plan_net_http", "plan/x.go", importing("net/http"), "pure net/http"},
		{"plan_os", "plan/x.go", importing("os"), "pure os"},
		{"plan_io_fs", "plan/x.go", importing("io/fs"), "pure io/fs"},
		{"plan_slog", "plan/x.go", importing("log/slog"), "pure log/slog"},
		{"plan_rand", "plan/x.go", importing("math/rand/v2"), "pure math/rand/v2"},
		{"plan_io_and_time", "plan/x.go", importing("io", "time"), ""},
		{"plan_test_os", "plan/x_test.go", importing("os", "context"), ""},
		{"source_os", "source/x.go", importing("os"), "pure os"},
		{"csv_os", "source/csv/x.go", importing("os"), ""},
		{"plan_now", "plan/x.go", "package plan\nimport \"time\"\nfunc f() time.Time { return time.Now() }", "x.go:3 pure time.Now"},
		{"plan_time_types", "plan/x.go", "package plan\nimport \"time\"\nfunc f(t time.Time) time.Time { return t.Add(time.Hour) }", ""},
	})
}

func TestImports_Owners(t *testing.T) {
	t.Parallel()
	try(t, layout.Imports, []snippet{
		{"csv_in_cmd", "cmd/x.go", importing("encoding/csv"), "owners encoding/csv"},
		{"csv_in_source_csv", "source/csv/x.go", importing("encoding/csv"), ""},
		{"ldap_in_sync", "sync/x.go", importing("github.com/go-ldap/ldap/v3"), "owners go-ldap"},
		{"ldap_in_source_ldap", "source/ldap/x.go", importing("github.com/go-ldap/ldap/v3"), ""},
		{"cobra_in_report", "report/x.go", importing("github.com/spf13/cobra"), "owners cobra"},
		{"yaml_in_source", "source/x.go", importing("gopkg.in/yaml.v3"), "owners yaml"},
		{"yaml_in_cmd", "cmd/config.go", importing("gopkg.in/yaml.v3"), ""},
		{"testify_in_production", "sync/x.go", importing("github.com/stretchr/testify/assert"), "owners testify"},
		{"testify_in_a_test", "sync/x_test.go", importing("github.com/stretchr/testify/assert"), ""},
		{"testing_in_production", "sync/x.go", importing("testing"), "owners testing"},
		{"testing_in_the_suite", "source/sourcetest/x.go", importing("testing"), ""},
		{"unknown_dependency", "cmd/x.go", importing("example.com/left/pad"), "owners example.com/left/pad dependencies.md"},
		{"standard_library", "cmd/x.go", importing("encoding/json", "net/http"), ""},
	})
}

func TestImports_OneFile(t *testing.T) {
	t.Parallel()
	var files []layout.File
	for _, name := range []string{"cmd/config.go", "cmd/config_test.go", "cmd/other.go"} {
		f, err := layout.Parse(name, importing("gopkg.in/yaml.v3"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	expect(t, layout.Imports(files[:2]), "")
	expect(t, layout.Imports(files), "cmd/other.go:2 owners cmd/config.go")
}

func TestSizes(t *testing.T) {
	t.Parallel()
	file := func(lines int) string { return "package p\n" + strings.Repeat("// x\n", lines-1) }
	function := func(lines int) string { return "package p\nfunc f() {\n" + strings.Repeat("\n", lines-2) + "}\n" }
	try(t, layout.Sizes, []snippet{
		{"long_file", "plan/x.go", file(layout.MaxFile + 1), "plan/x.go file-length 451"},
		{"full_file", "plan/x.go", file(layout.MaxFile), ""},
		{"long_test", "plan/x_test.go", file(layout.MaxFile + 1), ""},
		{"long_function", "plan/x.go", function(layout.MaxFunc + 1), "x.go:2 func-length 81"},
		{"full_function", "plan/x.go", function(layout.MaxFunc), ""},
		{"long_main", "cmd/rollcall/main.go", file(layout.MaxMain + 1), "main.go file-length 16"},
		{"full_main", "cmd/rollcall/main.go", file(layout.MaxMain), ""},
	})
}

func TestPackageComments(t *testing.T) {
	t.Parallel()
	try(t, layout.PackageComments, []snippet{
		{"none", "plan/x.go", "package plan", "plan package-comment"},
		{"of_another_name", "plan/x.go", "// Package plans is.\npackage plan", "package-comment"},
		{"apart", "plan/x.go", "// Package plan is.\n\npackage plan", "package-comment"},
		{"there", "plan/x.go", "// Package plan is.\npackage plan", ""},
		{"test_only", "plan/x_test.go", "package plan_test", ""},
		{"main_without", "cmd/rollcall/main.go", "package main", "cmd/rollcall package-comment"},
		{"main", "cmd/rollcall/main.go", "// Command rollcall keeps groups in step.\npackage main", ""},
		{"main_of_another_name", "internal/ask/main.go", "// Command rollcall asks.\npackage main", "internal/ask package-comment"},
	})
}

func TestExportedDocs(t *testing.T) {
	t.Parallel()
	try(t, layout.ExportedDocs, []snippet{
		{"func", "plan/x.go", "package p\nfunc Diff() {}", "x.go:2 exported-doc Diff"},
		{"method", "plan/x.go", "package p\nfunc (p *Plan[T]) Write() {}", "exported-doc Write"},
		{"method_of_hidden_type", "plan/x.go", "package p\nfunc (p *plan) Write() {}", ""},
		{"type", "plan/x.go", "package p\ntype Plan struct{}", "exported-doc Plan"},
		{"const", "plan/x.go", "package p\nconst Max = 1", "exported-doc Max"},
		{"const_in_undocumented_group", "plan/x.go", "package p\nconst (\n\tMax = 1 // the most\n\tMin = 0\n)", "exported-doc Min"},
		{"group", "plan/x.go", "package p\n// The bounds.\nconst (\n\tMax = 1\n\tMin = 0\n)", ""},
		{"var", "plan/x.go", "package p\nvar ErrX = f()", "exported-doc ErrX"},
		{"documented", "plan/x.go", "package p\n// Diff is.\nfunc Diff() {}\n// A T is.\ntype T int", ""},
		{"hidden", "plan/x.go", "package p\nfunc diff() {}\ntype t int\nconst c = 1", ""},
		{"test", "plan/x_test.go", "package p\nfunc TestDiff() {}", ""},
	})
}

func TestGlobals(t *testing.T) {
	t.Parallel()
	try(t, layout.Globals, []snippet{
		{"init", "plan/x.go", "package p\nfunc init() {}", "x.go:2 init cmd"},
		{"method_named_init", "plan/x.go", "package p\nfunc (t T) init() {}", ""},
		{"map", "plan/x.go", "package p\nvar names = map[int]string{}", "package-var names"},
		{"without_value", "plan/x.go", "package p\nvar count int", "package-var count"},
		{"func_value", "plan/x.go", "package p\nvar now = time.Now", "package-var now"},
		{"error", "plan/x.go", "package p\nvar ErrX = errors.New(\"x\")\nvar errY = fmt.Errorf(\"y: %w\", ErrX)", ""},
		{"error_by_another_name", "plan/x.go", "package p\nvar X = errors.New(\"x\")", "package-var X"},
		{"named_like_an_error", "plan/x.go", "package p\nvar ErrCount = 1", "package-var ErrCount"},
		{"regexp", "plan/x.go", "package p\nvar word = regexp.MustCompile(`x`)", ""},
		{"embedded", "plan/x.go", "package p\n//go:embed x.html\nvar page string\nvar (\n\t//go:embed *.html\n\tpages embed.FS\n)", ""},
		{"assertion", "plan/x.go", "package p\nvar _ I = (*T)(nil)", ""},
		{"inside_a_function", "plan/x.go", "package p\nfunc f() { var n int; _ = n }", ""},
		{"test", "plan/x_test.go", "package p\nvar update = false", ""},
	})
}

func TestLeftOvers(t *testing.T) {
	t.Parallel()
	const word = "TO" + "DO"
	try(t, layout.LeftOvers, []snippet{
		{"bare", "plan/x.go", "package p\n// " + word + ": later", "x.go:2 left-over"},
		{"in_a_test", "plan/x_test.go", "package p\n/* " + word + " */", "left-over"},
		{"empty_reason", "plan/x.go", "package p\n// " + word + "( ): later", "left-over"},
		{"reason", "plan/x.go", "package p\n// " + word + "(when Box reports it): later", ""},
		{"one_of_two", "plan/x.go", "package p\n// " + word + "(a reason) and " + word, "left-over"},
		{"in_a_string", "plan/x.go", "package p\nconst s = \"" + word + "\"", ""},
	})
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	const gomod = "module m\n\ngo 1.26.0\n\nrequire example.com/one v1.0.0\n\nrequire (\n\texample.com/two v2.0.0\n\texample.com/three v3.0.0 // indirect\n)\n"
	const one, two = "| `example.com/one` | v1.0.0 | MIT |\n", "| `example.com/two` | v2.0.0 | MIT |\n"
	for name, c := range map[string]struct{ doc, want string }{
		"all":           {one + two, ""},
		"missing":       {one, "dependencies example.com/two"},
		"other_version": {one + "| `example.com/two` | v2.0.1 | MIT |\n", "dependencies v2.0.1 v2.0.0"},
		"stale":         {one + two + "| `example.com/four` | v4.0.0 | MIT |\n", "dependencies example.com/four"},
		"tools":         {one + two + "## Tools\n| `example.com/lint` | v4.0.0 | MIT |\n", ""},
		"only_in_prose": {one + "We use example.com/two v2.0.0.\n", "dependencies example.com/two"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, layout.Dependencies(gomod, c.doc), c.want)
		})
	}
}

// TestLoad shows that the walk finds what the go command builds, and only that.
func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{
		"go.mod", "a.go", "p/b.go", "p/b_windows.go", "p/_c.go", "p/.d.go", "p/testdata/e.go", "p/node_modules/i.go", ".tools/f.go", "other/go.mod", "other/g.go",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("package p\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := layout.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Path)
	}
	if want := "a.go p/b.go p/b_windows.go"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.go"), []byte("packa"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := layout.Load(dir); err == nil || !strings.Contains(err.Error(), "bad.go") {
		t.Errorf("got %v, want an error that names the file that does not parse", err)
	}
}
