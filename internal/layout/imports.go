package layout

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// Layer says what one package may import of this module.
type Layer struct {
	Dir     string   // the package, below the module's root
	Imports []string // the project's packages that it may import
	Any     bool     // it may import all of them
	Pure    bool     // no network, files, clock, log or context either
	Why     string
}

// Layers is the table of import directions, one line for every package.
func Layers() []Layer {
	return []Layer{
		{Dir: "source", Pure: true, Why: "the vocabulary of the desired side is values only"},
		{Dir: "source/csv", Imports: []string{"source", "internal/samefile"}, Why: "a kind of source knows the vocabulary and nothing beside it"},
		{Dir: "source/ldap", Imports: []string{"source", "source/ldap/attr", "source/ldap/dn", "source/ldap/wire"}, Why: "a kind of source knows the vocabulary, and what it is made of"},
		{Dir: "source/ldap/attr", Pure: true, Why: "what a value means is a function of its text"},
		{Dir: "source/ldap/dn", Pure: true, Why: "whether two names are one is a function of their texts"},
		{Dir: "source/ldap/wire", Imports: []string{"source/ldap/attr"}, Why: "how a server is asked has nothing to do with what groups and people are"},
		{Dir: "source/sourcetest", Imports: []string{"source"}, Why: "the suite fits every kind of source, so it knows none"},
		{Dir: "target", Pure: true, Why: "the vocabulary of the actual side is values only"},
		{Dir: "target/box", Imports: []string{"target", "target/box/boxapi"}, Why: "the adapter stands between Box's client and our words for it"},
		{Dir: "target/box/boxapi", Imports: []string{"internal/secret"}, Why: "the client is about Box and must be usable without the rest"},
		{Dir: "target/box/emulator", Why: "the emulator shares no code with the client, so that they cannot share a mistake"},
		{Dir: "plan", Imports: []string{"source", "target"}, Pure: true, Why: "deciding is a pure function of what was read"},
		{Dir: "state", Imports: []string{"plan", "source", "target"}, Why: "state keeps plans and outcomes and starts nothing"},
		{Dir: "report", Imports: []string{"plan", "source", "target"}, Why: "a report shows a plan and its outcomes and starts nothing"},
		{Dir: "sync", Imports: []string{"plan", "source", "target"}, Why: "the executor declares the interfaces it needs and knows no concrete source or target"},
		{Dir: "cmd", Any: true, Why: "all wiring is here"},
		{Dir: "cmd/rollcall", Imports: []string{"cmd"}, Why: "main does nothing but call cmd"},
		{Dir: "examples", Why: "examples are data, for the demo and for tests"},
		{Dir: "internal/acceptance", Imports: []string{"target/box/boxapi"}, Why: "it asks a real Box, whose client is all it needs"},
		{Dir: "internal/authority", Why: "who signs a certificate has nothing to do with who shows it"},
		{Dir: "internal/bare", Why: "it runs the program as it was built, and needs none of its code"},
		{Dir: "internal/built", Why: "it builds the program, and does not link it"},
		{Dir: "internal/conformance", Why: "what is checked against Box's description is said by tests, and whoever says it may use this"},
		{Dir: "internal/daemon", Imports: []string{"internal/needs"}, Why: "how a test's server is started and ended has nothing to do with what it serves"},
		{Dir: "internal/ldapproxy", Imports: []string{"internal/authority"}, Why: "a proxy for tests knows neither the server nor its client"},
		{Dir: "internal/loopback", Why: "where a server of a test listens has nothing to do with what it serves"},
		{Dir: "internal/manual", Why: "it runs what the pages show, as a reader would"},
		{Dir: "internal/mutate", Why: "it reads and breaks the text of a package, and links none"},
		{Dir: "internal/misuse", Why: "it runs the built program as a user does, and its tests alone know more"},
		{Dir: "internal/needs", Why: "what a test needs has nothing to do with what it tests"},
		{Dir: "internal/played", Imports: []string{"target/box/emulator"}, Why: "it plays a user of the built program, and a Box for it to meet"},
		{Dir: "internal/samefile", Why: "whether two paths mean one file has nothing to do with what is in them"},
		{Dir: "internal/samba", Imports: []string{"internal/authority", "internal/daemon", "internal/needs"}, Why: "a domain for tests knows nobody who reads it"},
		{Dir: "internal/secret", Why: "a text that nothing prints knows nothing else"},
		{Dir: "internal/slapd", Imports: []string{"internal/authority", "internal/daemon", "internal/loopback", "internal/needs"}, Why: "a directory for tests knows nobody who reads it"},
		{Dir: "internal/stories", Why: "it runs the built program as a user does, and its tests alone know more"},
		{Dir: "internal/layout", Why: "the rules read the other packages and import none"},
	}
}

// Owner says which packages may import something from outside this module.
type Owner struct {
	Path    string   // an import path; what is below it is meant too
	Dirs    []string // the packages that may import it, tests apart
	OneFile bool     // and there in a single file only
	Why     string
}

// Owners lists every dependency, and of the standard library what has one home.
func Owners() []Owner {
	const tests = "it is for tests, and a suite or a helper of tests is the only package that is one without being named so"
	return []Owner{
		{Path: "encoding/csv", Dirs: []string{"source/csv", "target/box/emulator", "report"}, Why: "CSV is read and written where its quirks are handled"},
		{Path: "testing", Dirs: []string{"internal/authority", "internal/built", "internal/daemon", "internal/ldapproxy", "internal/needs", "internal/played", "internal/samba", "internal/slapd", "source/sourcetest"}, Why: tests},
		{Path: "github.com/go-asn1-ber/asn1-ber", Dirs: []string{"source/ldap/wire", "internal/ldapproxy"}, Why: "only connections, and the proxy of tests, look into the messages of LDAP"},
		{Path: "github.com/go-ldap/ldap/v3", Dirs: []string{"source/ldap", "source/ldap/dn", "source/ldap/wire", "internal/ldapproxy", "internal/samba", "internal/slapd"}, Why: "only the LDAP source speaks LDAP, and the servers of its tests"},
		{Path: "github.com/gofrs/flock", Dirs: []string{"state"}, Why: "one lock, on the state directory"},
		{Path: "github.com/golang-jwt/jwt/v5", Dirs: []string{"target/box/boxapi", "target/box/emulator"}, Why: "assertions are signed where the client authenticates and checked where Box is played"},
		{Path: "github.com/mattn/go-runewidth", Dirs: []string{"report"}, Why: "how wide a text is on a terminal is the report's business"},
		{Path: "github.com/spf13/cobra", Dirs: []string{"cmd"}, Why: "commands and flags are parsed in cmd"},
		{Path: "github.com/spf13/pflag", Dirs: []string{"cmd"}, Why: "commands and flags are parsed in cmd"},
		{Path: "github.com/youmark/pkcs8", Dirs: []string{"target/box/boxapi"}, Why: "only the client authenticates"},
		{Path: "golang.org/x/crypto/x509roots/fallback", Dirs: []string{"cmd"}, Why: "what a program trusts is the program's business, not a library's"},
		{Path: "golang.org/x/oauth2", Dirs: []string{"target/box/boxapi"}, Why: "only the client authenticates"},
		{Path: "golang.org/x/sync", Dirs: []string{"source/ldap", "sync", "target/box", "target/box/boxapi"}, Why: "goroutines start where something is read or written"},
		{Path: "golang.org/x/term", Dirs: []string{"cmd"}, Why: "only cmd knows what it is connected to"},
		{Path: "golang.org/x/text", Dirs: []string{"source/csv", "source/ldap/dn", "internal/played"}, Why: "texts are brought into one form where they are read"},
		{Path: "golang.org/x/time", Dirs: []string{"target/box/boxapi"}, Why: "one limiter, inside the client's transport"},
		{Path: "gopkg.in/yaml.v3", Dirs: []string{"cmd"}, OneFile: true, Why: "one file reads YAML, so that another library is a change to one file"},
		{Path: "github.com/getkin/kin-openapi", Dirs: []string{"internal/conformance"}, Why: "one package reads Box's description, and only tests use it"},
		{Path: "github.com/google/go-cmp", Dirs: []string{"source/sourcetest"}, Why: tests},
		{Path: "github.com/invopop/jsonschema", Why: tests},
		{Path: "github.com/rogpeppe/go-internal", Dirs: []string{"internal/played"}, Why: tests},
		{Path: "github.com/santhosh-tekuri/jsonschema/v6", Why: tests},
		{Path: "github.com/stretchr/testify", Dirs: []string{"internal/authority", "internal/daemon", "internal/ldapproxy", "internal/played", "internal/samba", "internal/slapd", "source/sourcetest"}, Why: tests},
		{Path: "pgregory.net/rapid", Dirs: []string{"source/sourcetest"}, Why: tests},
	}
}

// impure lists what a pure package does not import; what is below counts too.
func impure() []string {
	return []string{"context", "io/fs", "io/ioutil", "log", "math/rand", "net", "os", "syscall"}
}

// clock lists the functions of package time that look at a clock or wait.
func clock() []string {
	return []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
}

// Imports checks who imports what against [Layers] and [Owners]. Tests may
// import every package but cmd, which only its own tests drive.
func Imports(files []File) []Violation {
	var found []Violation
	layers := make(map[string]Layer)
	for _, l := range Layers() {
		layers[l.Dir] = l
	}
	for _, f := range files {
		layer, known := layers[f.Dir()]
		if !known {
			found = append(found, Violation{f.Path, "layers", "package " + f.Dir() + " has no line in layout.Layers: decide what it may import"})
			continue
		}
		imports := f.imports()
		for _, p := range slices.Sorted(maps.Keys(imports)) {
			if rule, why := wrongImport(f, layer, p); why != "" {
				found = append(found, Violation{f.at(imports[p]), rule, why})
			}
		}
		if layer.Pure && !f.IsTest() {
			found = append(found, clockUse(f)...)
		}
	}
	return append(found, oneFile(files)...)
}

// wrongImport says why the file may not import p, or nothing if it may.
func wrongImport(f File, l Layer, p string) (rule, why string) {
	if p == Module || strings.HasPrefix(p, Module+"/") {
		return "layers", wrongProjectImport(f, l, strings.TrimPrefix(p, Module+"/"))
	}
	if i := slices.IndexFunc(impure(), func(q string) bool { return within(p, q) }); l.Pure && !f.IsTest() && i >= 0 {
		return "pure", fmt.Sprintf("%s is pure and may not import %s: %s", l.Dir, p, l.Why)
	}
	i := slices.IndexFunc(Owners(), func(o Owner) bool { return within(p, o.Path) })
	switch {
	case i < 0 && !strings.Contains(strings.SplitN(p, "/", 2)[0], "."):
		return "", "" // the standard library
	case i < 0:
		return "owners", p + " is no dependency that layout.Owners and docs/dependencies.md know: does it earn its place?"
	}
	if o := Owners()[i]; !f.IsTest() && !slices.Contains(o.Dirs, f.Dir()) {
		return "owners", fmt.Sprintf("%s may not import %s: %s", l.Dir, p, o.Why)
	}
	return "", ""
}

// wrongProjectImport is wrongImport for the project's own package p.
func wrongProjectImport(f File, l Layer, p string) string {
	switch {
	case l.Any || slices.Contains(l.Imports, p) || p == l.Dir:
		return ""
	case f.IsTest() && !within(p, "cmd"):
		return ""
	case within(p, "cmd"):
		return l.Dir + " may not import " + p + ": nothing depends on the commands"
	}
	return fmt.Sprintf("%s may not import %s: %s", l.Dir, p, l.Why)
}

// within reports whether p is root or below it.
func within(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

// clockUse finds where a pure file asks for the time.
func clockUse(f File) []Violation {
	var found []Violation
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock(), sel.Sel.Name) {
			why := "time." + sel.Sel.Name + " in a pure package: take the time as a parameter"
			found = append(found, Violation{f.at(sel.Pos()), "pure", why})
		}
		return true
	})
	return found
}

// oneFile checks the owners that import what they own in a single file.
func oneFile(files []File) []Violation {
	var found []Violation
	for _, o := range Owners() {
		var first token.Position
		for _, f := range files {
			pos, ok := f.imports()[o.Path]
			switch {
			case !ok || f.IsTest() || !o.OneFile:
			case first.Filename == "":
				first = f.fset.Position(pos)
			default:
				why := fmt.Sprintf("%s is imported by %s already: %s", o.Path, first.Filename, o.Why)
				found = append(found, Violation{f.at(pos), "owners", why})
			}
		}
	}
	return found
}
