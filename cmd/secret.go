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
		return secret.Secret{}, fmt.Errorf("%s: %w", c.at(key...), err)
	}
	return secret.New(text), nil
}

func (s *secretRef) text(c *config, env *Env, log *slog.Logger) (string, error) {
	if s.env != "" {
		value, set := env.LookupEnv(s.env)
		switch {
		case !set:
			return "", fmt.Errorf("the environment variable %s, which is to hold a secret, is not set", shownVariable(s.env))
		case value == "":
			return "", fmt.Errorf("the environment variable %s, which is to hold a secret, is set and empty", shownVariable(s.env))
		case strings.ContainsAny(value, "\r\n\x00"):
			return "", fmt.Errorf("the environment variable %s holds more than one line, and a secret is one", shownVariable(s.env))
		}
		return value, nil
	}
	return readSecretFile(c.path(s.file), filepath.IsAbs(s.file), log)
}

// shownVariable returns the name of a variable, unless it may be the secret itself.
func shownVariable(name string) string {
	if name == strings.ToUpper(name) {
		return name
	}
	return "that is named there (its name is shown only in capitals, as people write the secret itself there)"
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

// unnamed takes the name of a file out of the reason why it cannot be read, if the
// file is not there and its name was not a whole path: it may be the secret itself,
// or the text of the file.
func unnamed(path string, whole bool, err error) error {
	reason, ok := errors.AsType[*fs.PathError](err)
	if _, missing := os.Lstat(path); missing == nil || whole || !ok {
		return err
	}
	return fmt.Errorf("%w, beside the configuration file (the name is shown only as a whole path, as people write the secret itself there)", reason.Err)
}

func readSecretFile(path string, whole bool, log *slog.Logger) (string, error) {
	text, info, err := readBounded(path, maxSecret+1)
	if err != nil {
		return "", fmt.Errorf("read a secret: %w", unnamed(path, whole, err))
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
