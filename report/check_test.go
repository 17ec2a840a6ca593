package report_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/report"
)

func TestChecked(t *testing.T) {
	t.Parallel()
	long := report.Check{
		Verdict: report.Failure, Subject: "source hr", Next: "look at the file, and at the program that writes it",
		Found: "2 problems:\nhr.csv:1:1: no column \"group\"; the columns are \"team\"\nhr.csv:1:1: no column \"login\"",
	}
	for name, test := range map[string]struct {
		check report.Check
		opts  report.Options
		want  string
	}{
		"fine": {report.Check{Verdict: report.Fine, Subject: "Box", Found: "Acme"}, report.Options{}, "ok    Box: Acme\n"},
		"fine_color": {
			report.Check{Verdict: report.Fine, Subject: "Box", Found: "Acme"}, report.Options{Color: true},
			"\x1b[32mok\x1b[0m    Box: Acme\n",
		},
		"warning_color": {
			report.Check{Verdict: report.Warning, Subject: "Box", Found: "Acme"}, report.Options{Color: true},
			"\x1b[33mwarn\x1b[0m  Box: Acme\n",
		},
		"failure_80": {long, report.Options{Width: 80}, `FAIL  source hr: 2 problems:
      hr.csv:1:1: no column "group"; the columns are "team"
      hr.csv:1:1: no column "login"
      hint: look at the file, and at the program that writes it
`},
		"failure_40_color": {long, report.Options{Width: 40, Color: true}, "\x1b[31mFAIL\x1b[0m" + `  source hr: 2 problems:
      hr.csv:1:1: no column "group"; the
      columns are "team"
      hr.csv:1:1: no column "login"
      hint: look at the file, and at the
      program that writes it
`},
		"hostile": {
			report.Check{Verdict: report.Warning, Subject: "source \x1b[2J", Found: "\u202egroup\r", Next: "\x1b[1A"}, report.Options{},
			"warn  source \ufffd[2J: \ufffdgroup\ufffd\n      hint: \ufffd[1A\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			require.NoError(t, report.Checked(&out, test.check, test.opts))
			assert.Equal(t, test.want, out.String())
		})
	}
}

func TestChecked_brokenPipe(t *testing.T) {
	t.Parallel()
	err := report.Checked(&brokenPipe{}, report.Check{Verdict: report.Fine, Subject: "a", Found: "b"}, report.Options{})
	assert.ErrorIs(t, err, errBroken)
}
