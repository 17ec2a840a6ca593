package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// loadConfig reads and checks the configuration file. All its problems are
// reported at once, each with its place.
func loadConfig(path string) (*config, error) {
	text, err := readConfig(path)
	if err != nil {
		return nil, err
	}
	var found []error
	c, err := parseConfig(path, text)
	if err != nil {
		found = problemsOf(err)
	}
	if c != nil {
		c.dir = filepath.Dir(path)
		found = slices.Concat(found, c.problems(), c.readMap())
	}
	if len(found) > 0 {
		return nil, fmt.Errorf("the configuration is not usable; nothing was read or written:\n%w", byLine(found))
	}
	return c, nil
}

// maxConfig is far more than a configuration needs: what is larger is another
// file.
const maxConfig = 1 << 20

func readConfig(path string) ([]byte, error) {
	if path == "-" {
		return nil, errors.New("the configuration is not read from standard input, as its relative paths start at its directory; name a file")
	}
	text, info, err := readBounded(path, maxConfig+1)
	switch {
	case info != nil && info.IsDir():
		return nil, fmt.Errorf("read the configuration: %s is a directory; name the file in it", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, &exitError{
			code: exitInput, err: fmt.Errorf("read the configuration: %w", err),
			hint: "name the file with --config; the README has one to begin with, and rollcall config schema says what can be in one",
		}
	case errors.Is(err, fs.ErrPermission) && os.Getuid() >= 0:
		return nil, fmt.Errorf("read the configuration: %w: let user %d read it", err, os.Getuid())
	case err != nil:
		return nil, fmt.Errorf("read the configuration: %w", err)
	case len(text) > maxConfig:
		return nil, fmt.Errorf("read the configuration: %s is larger than 1 MiB; is it another file?", path)
	}
	return text, nil
}
