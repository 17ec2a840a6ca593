package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// readSurvivors reads testdata/survivors.txt of the package: the names of mutants
// that no test can or need notice, each under the reason. A reason begins with #,
// may have several lines, and holds for the names below it.
func readSurvivors(dir string) (reasons map[string]string, err error) {
	path := filepath.Join(dir, "testdata", "survivors.txt")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	reasons = map[string]string{}
	reason, open := "", false
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		said, isReason := strings.CutPrefix(line, "#")
		switch {
		case line == "":
			open = false
		case isReason && open:
			reason += " " + strings.TrimSpace(said)
		case isReason:
			reason, open = strings.TrimSpace(said), true
		case reason == "":
			return nil, fmt.Errorf("%s:%d: no reason stands above this mutant", path, number)
		case reasons[line] != "":
			return nil, fmt.Errorf("%s:%d: this mutant is named twice", path, number)
		default:
			reasons[line], open = reason, false
		}
	}
	return reasons, nil
}

// stale returns an error for every mutant that is explained and does not exist.
func stale(explained map[string]string, all []mutant) error {
	exists := map[string]bool{}
	for _, m := range all {
		exists[m.name] = true
	}
	var wrong []error
	for name := range explained {
		if !exists[name] {
			wrong = append(wrong, fmt.Errorf("explained, and there is no such mutant any more: %s", name))
		}
	}
	return errors.Join(wrong...)
}

// judge returns an error for every survivor that nobody has explained, and for
// every explained one that the tests do notice.
func judge(explained map[string]string, tried, lives []mutant) error {
	alive := map[string]bool{}
	var wrong []error
	for _, m := range lives {
		alive[m.name] = true
		if explained[m.name] == "" {
			wrong = append(wrong, fmt.Errorf("no test notices, and nobody has explained: %s (%s)", m.name, m.place))
		}
	}
	for _, m := range tried {
		if explained[m.name] != "" && !alive[m.name] {
			wrong = append(wrong, fmt.Errorf("explained as not to be noticed, and a test notices it: %s", m.name))
		}
	}
	return errors.Join(wrong...)
}
