package csv

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// maxNamed is how many files a note names.
const maxNamed = 10

// notes collects what a reviewer should know of the files. What holds for
// several is said once.
type notes struct {
	texts []string // each once, in the order in which they were first said
	files map[string][]string
}

func (n *notes) add(text, file string) {
	if n.files == nil {
		n.files = map[string][]string{}
	}
	if !slices.Contains(n.texts, text) {
		n.texts = append(n.texts, text)
	}
	n.files[text] = append(n.files[text], file)
}

// list returns the notes; those that do not hold for all files say for which.
func (n *notes) list(files int) []string {
	var all []string
	for _, text := range n.texts {
		if about := n.files[text]; len(about) < files {
			text += " (in " + fileList(about) + ")"
		}
		all = append(all, text)
	}
	return all
}

// fileList names files by their base names, as far as a line has room for them.
func fileList(paths []string) string {
	var names []string
	for _, path := range paths[:min(len(paths), maxNamed)] {
		names = append(names, filepath.Base(path))
	}
	if more := len(paths) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
