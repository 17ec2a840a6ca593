package cmd

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secretAt returns how a secret is read that stands at target.box.auth.token, and
// what was logged.
func secretAt(t *testing.T, dir, form string, variables map[string]string) (text, log string, err error) {
	t.Helper()
	c, err := parseConfig("f.yaml", []byte("version: 1\ntarget: {box: {auth: {\n  token: "+form+"}}}\n"))
	require.NoError(t, err)
	c.dir = dir
	env := &Env{LookupEnv: func(name string) (string, bool) { value, ok := variables[name]; return value, ok }}
	var logged bytes.Buffer
	got, err := c.Target.Box.Auth.Token.read(c, env, slog.New(slog.NewTextHandler(&logged, nil)), "target", "box", "auth", "token")
	return got.Reveal(), logged.String(), err
}

func TestSecretRef_readsTheEnvironment(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"GOOD": " pass word ", "EMPTY": "", "LINES": canary + "\nb", "ZERO": canary + "\x00"}
	got, _, err := secretAt(t, "", "{env: GOOD}", variables)
	require.NoError(t, err)
	assert.Equal(t, " pass word ", got, "as it is")
	for form, want := range map[string]string{
		"{env: NOT_SET}": "f.yaml:3: target.box.auth.token: the environment variable NOT_SET is not set: export it, or name another one",
		"{env: EMPTY}":   "f.yaml:3: target.box.auth.token: the environment variable EMPTY is empty",
		"{env: LINES}":   "f.yaml:3: target.box.auth.token: the environment variable LINES holds more than one line, and a secret is one",
		"{env: ZERO}":    "f.yaml:3: target.box.auth.token: the environment variable ZERO holds more than one line, and a secret is one",
		"{env: " + canary + "}": "f.yaml:3: target.box.auth.token: env names no variable that is set in the environment; the name is not shown, as it may be " +
			"the secret itself: put the secret into a variable, and write the variable's name here",
	} {
		got, _, err := secretAt(t, "", form, variables)
		require.EqualError(t, err, want)
		assert.Empty(t, got)
	}
}

func TestSecretRef_readsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for text, want := range map[string]string{
		"s":                              "s",
		"s\n":                            "s",
		"s\r\n":                          "s",
		" s \t\n":                        " s \t",
		"\ufeffs\n":                      "s",
		"\n":                             "f.yaml:3: target.box.auth.token: the secret in FILE is empty",
		"":                               "f.yaml:3: target.box.auth.token: the secret in FILE is empty",
		"\ufeff":                         "f.yaml:3: target.box.auth.token: the secret in FILE is empty",
		canary + "\n\n":                  "f.yaml:3: target.box.auth.token: FILE holds more than one line, and a secret is one",
		canary + "\nb":                   "f.yaml:3: target.box.auth.token: FILE holds more than one line, and a secret is one",
		canary + "\rb":                   "f.yaml:3: target.box.auth.token: FILE holds more than one line, and a secret is one",
		canary + "\x00\n":                "f.yaml:3: target.box.auth.token: FILE holds a zero byte: save it as UTF-8, with nothing but the secret in it",
		strings.Repeat("a", maxSecret+1): "f.yaml:3: target.box.auth.token: FILE is larger than 64 KiB, and a secret is one line",
	} {
		path := filepath.Join(dir, "secret")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		got, log, err := secretAt(t, dir, "{file: secret}", nil)
		if err != nil {
			got = strings.ReplaceAll(err.Error(), path, "FILE")
		}
		assert.Equal(t, want, got, "%q", text)
		assert.Empty(t, log)
	}
	_, _, err := secretAt(t, dir, "{file: nowhere}", nil)
	assert.EqualError(t, err, "f.yaml:3: target.box.auth.token: open the file that is named there, in the directory "+dir+
		": no such file or directory; its name is not shown, as it may be the secret itself")
	_, _, err = secretAt(t, dir, "{file: "+canary+"/"+canary+"}", nil)
	assert.EqualError(t, err, "f.yaml:3: target.box.auth.token: open the file that is named there: no such file or directory; "+
		"its name is not shown, as it may be the secret itself")
	_, _, err = secretAt(t, dir, "{file: "+filepath.Join(dir, "nowhere")+"}", nil)
	assert.EqualError(t, err, "f.yaml:3: target.box.auth.token: open "+filepath.Join(dir, "nowhere")+": no such file or directory")
	_, _, err = secretAt(t, dir, "{file: .}", nil)
	assert.ErrorContains(t, err, "f.yaml:3: target.box.auth.token: read "+dir+": ")
}

// A secret that everybody on the machine can read is used, with a warning.
func TestSecretRef_warnsOfReaders(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes are those of Unix")
	}
	dir := t.TempDir()
	target := filepath.Join(dir, "..data")
	path := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(target, []byte(canary), 0o600))
	require.NoError(t, os.Symlink("..data", path), "as Kubernetes mounts it")
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o440: false, 0o660: false, 0o644: true, 0o604: true, 0o602: true} {
		require.NoError(t, os.Chmod(target, mode))
		got, log, err := secretAt(t, dir, "{file: secret}", nil)
		require.NoError(t, err)
		assert.Equal(t, canary, got)
		assert.Equal(t, warned, strings.Count(log, "level=WARN") == 1, "%o: %s", mode, log)
		assert.Equal(t, warned, strings.Contains(log, "file="+path), "%o: %s", mode, log)
		assert.NotContains(t, log, canary)
	}
}

func TestSecretRef_forms(t *testing.T) {
	t.Parallel()
	for form, want := range map[string]string{
		"{env: A}": "", "{file: a/b}": "", "{env: a_1}": "", "{file: 5}": "",
		canary:                      secretAdvice,
		"[a]":                       secretAdvice,
		"{}":                        secretAdvice,
		"~":                         "target.box.auth.token has no value",
		"{env: A, file: b}":         "a secret is in env or in file, not in both: keep one",
		"{env: ''}":                 "the name is empty: say {env: NAME} or {file: PATH}",
		"{file: ''}":                "the name is empty: say {env: NAME} or {file: PATH}",
		"{env: A, env: B}":          "a secret has its key env twice",
		"{env: }":                   "the env of a secret is a name, and here is none",
		"{file: [a]}":               "the file of a secret is a name, and here is none",
		"{file: true}":              "the file of a secret is a name, and here is none",
		"{name: A}":                 "a secret has the key env or the key file, and no other: say {env: NAME} or {file: PATH}; what stands here is not shown",
		"{env: A, " + canary + ":}": "a secret has the key env or the key file, and no other: say {env: NAME} or {file: PATH}; what stands here is not shown",
		"{env: " + canary + ".}":    "env is the name of an environment variable, of letters, digits and _; what stands here is none, and is not shown",
		"{env: $A}":                 "env is the name of an environment variable, of letters, digits and _; what stands here is none, and is not shown",
		"{env: 1A}":                 "env is the name of an environment variable, of letters, digits and _; what stands here is none, and is not shown",
	} {
		got := wrongs(t, "version: 1\nsources: [{name: hr, csv: {path: a}}]\ntarget: {box: {auth: {token: "+form+"}}}\n")
		if want == "" {
			assert.Empty(t, got, form)
			continue
		}
		if !strings.HasPrefix(want, "target.") {
			want = "target.box.auth.token: " + want
		}
		assert.Equal(t, []string{"3: " + want}, got, form)
	}
	// Behind an alias as well.
	assert.Empty(t, wrongs(t, "version: 1\nsources: [{name: hr, csv: {path: a}}, {name: b, csv: {path: &p a}}]\ntarget: {box: {auth: {token: {file: *p}}}}\n"))
}
