package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/rollcall-sync/rollcall/internal/secret"
)

// secretRef says where a secret is to be found. The secret itself is never part
// of the configuration.
type secretRef struct {
	env, file string
}

const secretAdvice = "a secret is not written here: say {env: NAME} or {file: PATH}"

// variableName is what the environment can hold, and shell and Kubernetes can set.
var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// fault says what is wrong with a secret that has so many keys, and shows nothing
// of it: people do write the secret itself there.
func (s *secretRef) fault(keys int) string {
	switch {
	case keys == 0:
		return secretAdvice
	case keys == 2:
		return "a secret is in env or in file, not in both: keep one"
	case s.env == "" && s.file == "":
		return "the name is empty: say {env: NAME} or {file: PATH}"
	case s.env != "" && !variableName.MatchString(s.env):
		return "env is the name of an environment variable, of letters, digits and _; what stands here is none, and is not shown"
	}
	return ""
}

func (s *secretRef) empty() bool { return s.env == "" && s.file == "" }

// maxSecret is far more than a secret of one line needs.
const maxSecret = 64 << 10

// read returns the secret that a key of the configuration names. It is one line,
// and nothing is cut off but the line end of a file.
func (s *secretRef) read(c *config, env *Env, log *slog.Logger, key ...any) (secret.Secret, error) {
	text, err := s.text(c, env, log)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("%s: %s: %w", c.at(key...), dotted(key), err)
	}
	return secret.New(text), nil
}

func (s *secretRef) text(c *config, env *Env, log *slog.Logger) (string, error) {
	if s.env != "" {
		value, set := env.LookupEnv(s.env)
		switch {
		case !set && s.env != strings.ToUpper(s.env):
			return "", errors.New("env names no variable that is set in the environment; the name is not shown, as it may be the secret itself: " +
				"put the secret into a variable, and write the variable's name here")
		case !set:
			return "", fmt.Errorf("the environment variable %s is not set: export it, or name another one", s.env)
		case value == "":
			return "", fmt.Errorf("the environment variable %s is empty", s.env)
		case strings.ContainsAny(value, "\r\n\x00"):
			return "", fmt.Errorf("the environment variable %s holds more than one line, and a secret is one", s.env)
		}
		return value, nil
	}
	return readSecretFile(c.path(s.file), filepath.IsAbs(s.file), log)
}

// unshown says why a file with a secret in it cannot be read. Where there is no such
// file it shows its name only if that was a whole path, and otherwise the directory,
// if there is one: people write the secret itself there.
func unshown(path string, whole bool, err error) error {
	if _, none := os.Stat(path); none == nil || whole {
		return err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	where := ""
	if info, none := os.Stat(filepath.Dir(path)); none == nil && info.IsDir() {
		where = ", in the directory " + filepath.Dir(path)
	}
	return fmt.Errorf("open the file that is named there%s: %w; its name is not shown, as it may be the secret itself", where, err)
}

// readBounded returns at most so many bytes of a file, and what it is, which is
// told with an error as well if it is known.
func readBounded(path string, most int64) ([]byte, fs.FileInfo, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, most))
	return text, info, err
}

func readSecretFile(path string, whole bool, log *slog.Logger) (string, error) {
	text, info, err := readBounded(path, maxSecret+1)
	if err != nil {
		return "", unshown(path, whole, err)
	}
	value := strings.TrimPrefix(string(text), "\ufeff")
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	switch {
	case value == "":
		return "", fmt.Errorf("the secret in %s is empty", path)
	case len(text) > maxSecret:
		return "", fmt.Errorf("%s is larger than 64 KiB, and a secret is one line", path)
	case strings.Contains(value, "\x00"):
		return "", fmt.Errorf("%s holds a zero byte: save it as UTF-8, with nothing but the secret in it", path)
	case strings.ContainsAny(value, "\r\n"):
		return "", fmt.Errorf("%s holds more than one line, and a secret is one", path)
	}
	warnOfReaders(info, path, log)
	return value, nil
}

// warnOfReaders warns of a secret that everybody on the machine can read. It is no
// more than a warning: what Kubernetes and Docker mount is like that by default,
// and nobody else is in the container.
func warnOfReaders(info fs.FileInfo, path string, log *slog.Logger) {
	if runtime.GOOS == "windows" || !info.Mode().IsRegular() || info.Mode().Perm()&0o007 == 0 {
		return
	}
	log.Warn("everybody on this machine can reach a file that holds a secret: chmod o= it, or in Kubernetes set defaultMode to 0440",
		"file", path, "mode", fmt.Sprintf("%#o", info.Mode().Perm()))
}
