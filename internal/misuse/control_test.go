package misuse_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/built"
	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/internal/played"
)

// TestControls shows that what must not be is noticed when it is.
func TestControls(t *testing.T) {
	t.Parallel()
	binary := built.Program(t)
	for name, c := range map[string]struct {
		steps string
		want  []string // the beginnings of the problems
	}{
		"good_dry": {"run sync -c rollcall.yaml", nil},
		"good_confirmed": {"run sync -c rollcall.yaml --confirm", []string{
			`Box was sent write requests: ["POST /2.0/group_memberships" "DELETE /2.0/group_memberships/`, "in Box there took effect: [", "Box is another than before",
		}},
		"file":       {"run plan -c rollcall.yaml -o plan.jsonl", []string{"the run changed plan.jsonl"}},
		"named_file": {"makes plan.jsonl\nrun plan -c rollcall.yaml -o plan.jsonl", nil},
		"secret_in_stderr": {"run plan ${PLAIN}", []string{
			"stderr holds the secret in the configuration (as JSON)", "stderr holds the secret in the configuration (as a Go string)",
			"stderr holds the secret in the configuration (in a path)", "stderr holds the secret in the configuration (in a query)",
			"stderr holds the secret in the configuration (its beginning)", "stderr holds the secret in the configuration (whole)",
		}},
		"secret_in_stdout_and_file": {
			"replace groups.csv cem@ ${PROXY}@\nmakes plan.jsonl\nrun plan -c rollcall.yaml -o plan.jsonl",
			[]string{"plan.jsonl holds the proxy's password (its beginning)", "stdout holds the proxy's password (its beginning)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, binary)
			w.play(c.steps, new(played.Outcome))
			problems := w.problems()
			for _, want := range c.want {
				assert.Condition(t, func() bool {
					for _, p := range problems {
						if strings.HasPrefix(p, want) {
							return true
						}
					}
					return false
				}, "%s is not among %q", want, problems)
			}
			if len(c.want) == 0 {
				assert.Empty(t, problems)
			}
		})
	}
}

// TestControls_commandLines shows that the command line is looked at while the
// run goes on, and that of a child with it.
func TestControls_commandLines(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		needs.Missing(t, "only Linux shows command lines as files")
	}
	binary := built.Program(t)
	w := newWorld(t, binary)
	w.play("run plan -c rollcall.yaml --group ${FILE} --group Board", new(played.Outcome))
	asked, _ := w.box.Sent()
	assert.Greater(t, asked, 3)
	assert.GreaterOrEqual(t, len(w.cmdlines), asked, "one for each request")
	assert.Contains(t, w.problems(), "a command line holds the secret in a file (its beginning)")

	child := exec.CommandContext(t.Context(), binary, "emulator", "--listen", "127.0.0.1:0", "--seed", "/dev/stdin")
	stdin, err := child.StdinPipe() // it waits for its seed
	require.NoError(t, err)
	require.NoError(t, child.Start())
	assert.Contains(t, strings.Join(commandLines(os.Getpid()), "\n"), "emulator --listen 127.0.0.1:0 --seed /dev/stdin")
	require.NoError(t, child.Process.Kill())
	require.NoError(t, stdin.Close())
	require.Error(t, child.Wait())
}

// TestControls_messages shows which texts are not for users.
func TestControls_messages(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"rollcall: Cannot read it\n", "rollcall: no newline", "rollcall: parsing \"x\": strconv.Atoi: invalid syntax\n",
		"rollcall: json: cannot unmarshal string into Go struct field\n", "rollcall: unexpected EOF\n",
		"rollcall: invalid character '<' looking for beginning of value\n", "panic: oh\n", "goroutine 1 [running]:\n",
		"rollcall: 0xc000010000\n", "rollcall: %!s(int=3)\n", "rollcall: <nil>\n", "rollcall: map[a:b]\n", "rollcall: &{1 2}\n",
		"rollcall: *url.Error\n", "main.go:12: x\n", "\x1b[31mrollcall\n", "rollcall: context deadline exceeded\n",
		"runtime error: index out of range\n", "rollcall: a\x00b\n",
		"rollcall: unexpected end of JSON input\n", "rollcall: error parsing regexp: x\n", "rollcall: time: invalid duration\n",
	} {
		assert.NotEmpty(t, unreadable("stderr", text), text)
	}
	for _, text := range []string{
		"", "rollcall: read source \"hr\": groups.csv:3:25: a quoted field is not closed\nhint: x\n", "rollcall: POST /oauth2/token: 400\n",
	} {
		assert.Empty(t, unreadable("stderr", text), text)
	}
}
