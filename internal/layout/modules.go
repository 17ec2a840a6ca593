package layout

import (
	"maps"
	"slices"
	"strings"
)

// Dependencies checks docs/dependencies.md against go.mod: every direct
// dependency has a row with its version, and no row names what is not there.
// Rows below the heading "## Tools" are not about go.mod.
func Dependencies(gomod, doc string) []Violation {
	required, direct := requirements(gomod)
	rows := documented(doc)
	var found []Violation
	for _, m := range direct {
		switch rows[m] {
		case required[m]:
		case "":
			found = append(found, Violation{"docs/dependencies.md", "dependencies", "no row for " + m + ", which go.mod requires"})
		default:
			found = append(found, Violation{"docs/dependencies.md", "dependencies", m + " is " + rows[m] + " here and " + required[m] + " in go.mod"})
		}
	}
	for _, m := range slices.Sorted(maps.Keys(rows)) {
		if required[m] == "" {
			found = append(found, Violation{"docs/dependencies.md", "dependencies", m + " has a row and go.mod does not require it"})
		}
	}
	return found
}

// requirements reads the modules that a go.mod requires, with their versions,
// and which of them directly.
func requirements(gomod string) (versions map[string]string, direct []string) {
	versions = make(map[string]string)
	block := false
	for line := range strings.Lines(gomod) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
			continue
		case fields[0] == "require" && len(fields) > 1 && fields[1] == "(":
			block = true
			continue
		case fields[0] == ")":
			block = false
			continue
		case fields[0] == "require":
			fields = fields[1:]
		case !block:
			continue
		}
		if len(fields) < 2 || strings.HasPrefix(fields[0], "//") {
			continue
		}
		versions[fields[0]] = fields[1]
		if !strings.Contains(line, "// indirect") {
			direct = append(direct, fields[0])
		}
	}
	return versions, direct
}

// documented reads the table rows | `module` | version | … of a document, up to
// the heading "## Tools".
func documented(doc string) map[string]string {
	rows := make(map[string]string)
	for line := range strings.Lines(doc) {
		if strings.HasPrefix(line, "## Tools") {
			break
		}
		cells := strings.Split(line, "|")
		if len(cells) < 4 || strings.TrimSpace(cells[0]) != "" {
			continue
		}
		module := strings.TrimSpace(cells[1])
		if strings.HasPrefix(module, "`") && strings.Contains(module, ".") {
			rows[strings.Trim(module, "`")] = strings.TrimSpace(cells[2])
		}
	}
	return rows
}
