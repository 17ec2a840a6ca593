package csv

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/rollcall-sync/rollcall/internal/samefile"
)

const (
	// stdin is the path that means standard input.
	stdin = "-"
	// stdinName is what messages call it.
	stdinName = "standard input"
)

// origin is what the source is read from, as people know it.
func (c Config) origin() string {
	if c.Path == stdin {
		return stdinName
	}
	return c.inDir(c.Path)
}

func (c Config) inDir(path string) string {
	if c.Dir == "" || path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(c.Dir, path)
}

// isPattern reports whether the path may be one.
func isPattern(path string) bool { return strings.ContainsAny(path, `*?[`) }

// files lists what is to be read, sorted. A file whose very name is the path is
// meant, whatever is in the name.
func (c Config) files() ([]string, error) {
	whole := c.inDir(c.Path)
	if !isPattern(c.Path) {
		return []string{whole}, nil
	}
	switch _, err := os.Lstat(whole); {
	case err == nil:
		return []string{whole}, nil
	case !absent(err):
		return nil, c.unreadable(err)
	}
	found, err := c.expand()
	if err != nil {
		return nil, c.unreadable(err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no file matches %s; check sources.%s.csv.path", whole, c.Name)
	}
	slices.Sort(found)
	return found, nil
}

// expand is [filepath.Glob], but for two things: what is before the first pattern
// is taken literally where it comes from Dir, and a directory that cannot be
// read is an error. Without what is in it, people would look like leavers.
func (c Config) expand() ([]string, error) {
	if _, err := filepath.Match(c.Path, ""); err != nil {
		return nil, fmt.Errorf("the pattern %s: %w", c.Path, err)
	}
	path := filepath.Clean(c.Path)
	root := filepath.VolumeName(path)
	path = path[len(root):]
	if strings.HasPrefix(path, string(filepath.Separator)) {
		root += string(filepath.Separator)
	} else if root == "" {
		root = c.Dir
	}
	found := []string{root}
	for element := range strings.SplitSeq(strings.Trim(path, string(filepath.Separator)), string(filepath.Separator)) {
		var next []string
		for _, dir := range found {
			inside, err := within(dir, element)
			if err != nil {
				return nil, err
			}
			next = append(next, inside...)
		}
		found = next
	}
	return found, nil
}

// within returns what of a directory matches one element of a pattern.
func within(dir, element string) ([]string, error) {
	if !isPattern(element) {
		path := filepath.Join(dir, element)
		switch _, err := os.Lstat(path); {
		case err == nil:
			return []string{path}, nil
		case absent(err):
			return nil, nil
		default:
			return nil, err
		}
	}
	listed := dir
	if listed == "" {
		listed = "."
	}
	entries, err := os.ReadDir(listed)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []string
	for _, entry := range entries {
		ok, err := filepath.Match(element, entry.Name())
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, filepath.Join(dir, entry.Name()))
		}
	}
	return found, nil
}

// absent reports whether there is nothing of that name, as against something that
// cannot be looked at.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func (c Config) unreadable(err error) error {
	return fmt.Errorf("%w; check sources.%s.csv.path", err, c.Name)
}

// Reads reports whether the source would read the file at path, or would once it
// is there: it must not be written over, or beside what is read.
func (s *Source) Reads(path string) bool {
	c := s.config
	if c.ChecksumFile != "" && samefile.Are(path, c.ChecksumFile) {
		return true
	}
	if c.Path == stdin {
		file, ok := c.Stdin.(*os.File)
		return ok && isFile(file, path)
	}
	files, err := c.files()
	if slices.ContainsFunc(files, func(file string) bool { return samefile.Are(path, file) }) {
		return true
	}
	if !isPattern(c.Path) || err == nil && len(files) == 1 && files[0] == c.inDir(c.Path) {
		return false
	}
	return c.matches(path)
}

// matches reports whether the pattern matches the path.
func (c Config) matches(path string) bool {
	path, err := filepath.Abs(path)
	if err != nil {
		return false
	}
	pattern := filepath.Clean(c.Path)
	if !filepath.IsAbs(pattern) {
		dir, err := filepath.Abs(c.Dir)
		if err != nil {
			return false
		}
		if path, err = filepath.Rel(dir, path); err != nil {
			return false
		}
	}
	ok, err := filepath.Match(pattern, path)
	return ok && err == nil
}

// isFile reports whether what is open is a regular file at the path.
func isFile(open *os.File, path string) bool {
	info, err := open.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	other, err := os.Stat(path)
	return err == nil && os.SameFile(info, other)
}
