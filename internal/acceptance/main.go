// Command acceptance asks a real Box what its documentation leaves open, and
// prints what it answers: which codes it gives, what it does with case, blanks
// and empty values, how far lists lag behind writes, and which events come.
//
// It is for a sandbox, and never runs by itself. Without credentials in the
// environment it says what it would do. With them it makes groups and app users
// whose names begin with "rollcall-acceptance-", asks, and deletes them again,
// also after a failure or Ctrl-C; it touches nothing else. What it cannot delete,
// or may have made without an answer, it names.
//
// What is asked stands in questions.go and lists.go, one function a question;
// sandbox.go makes and removes what they need and sends plain requests, because
// the client refuses to send some of what is asked here.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// The variables that say where to ask. One of the first two is needed.
const (
	envJWT        = "BOX_ACCEPTANCE_JWT_CONFIG" // the path of the app's settings, as Box's developer console gives them
	envToken      = "BOX_ACCEPTANCE_TOKEN"      // or a developer token
	envEnterprise = "BOX_ACCEPTANCE_ENTERPRISE" // the sandbox's enterprise id, so that no other is meant
	envBaseURL    = "BOX_ACCEPTANCE_BASE_URL"   // another address than Box's
	envExternal   = "BOX_ACCEPTANCE_EXTERNAL"   // the login of a user of another enterprise
	envCoAdmin    = "BOX_ACCEPTANCE_COADMIN"    // the login of a co-admin
	envPatience   = "BOX_ACCEPTANCE_PATIENCE"   // how long lists and events are waited for; 2m if empty
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.LookupEnv, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run returns 0 if every question was asked, or none was meant to be.
func run(ctx context.Context, lookup func(string) (string, bool), stdout, stderr io.Writer) int {
	o, err := optionsOf(lookup)
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "acceptance:", err)
		return 1
	case o.auth == nil:
		describe(stdout)
		return 0
	}
	if err := askAll(ctx, o, stdout); err != nil {
		fmt.Fprintln(stderr, "acceptance:", err)
		return 1
	}
	return 0
}

// options are what the environment says.
type options struct {
	auth              boxapi.Auth // nil: there are no credentials
	baseURL           string
	enterprise        string
	external, coAdmin string
	patience          time.Duration
}

func optionsOf(lookup func(string) (string, bool)) (options, error) {
	get := func(name string) string {
		value, _ := lookup(name)
		return value
	}
	o := options{
		baseURL: cmp.Or(get(envBaseURL), boxapi.DefaultBaseURL), enterprise: get(envEnterprise),
		external: get(envExternal), coAdmin: get(envCoAdmin), patience: 2 * time.Minute,
	}
	if text := get(envPatience); text != "" {
		patience, err := time.ParseDuration(text)
		if err != nil || patience <= 0 {
			return options{}, fmt.Errorf("%s is %q; write it as 30s or 2m", envPatience, text)
		}
		o.patience = patience
	}
	switch path, token := get(envJWT), get(envToken); {
	case path != "" && token != "":
		return options{}, fmt.Errorf("%s and %s are both set; keep one", envJWT, envToken)
	case path != "":
		settings, err := os.ReadFile(path)
		if err != nil {
			return options{}, fmt.Errorf("%s: %w", envJWT, err)
		}
		jwt, err := boxapi.ParseJWTConfig(settings)
		if err != nil {
			return options{}, fmt.Errorf("%s: %s: %w", envJWT, path, err)
		}
		o.auth = jwt
	case token != "":
		o.auth = boxapi.DeveloperToken(token)
	default:
		return o, nil
	}
	if o.enterprise == "" {
		return options{}, fmt.Errorf("set %s to the id of the sandbox's enterprise: groups and app users are made in it", envEnterprise)
	}
	return o, nil
}

// describe says what would be done, and what it takes.
func describe(w io.Writer) {
	fmt.Fprintf(w, `There are no credentials of a Box sandbox in the environment, so that nothing is
asked. With them, groups and app users whose names begin with
%s are made, asked about, and deleted again.

Needed:
  %-26s path of the app's settings, of Box's console
  or %-23s a developer token
  %-26s the sandbox's enterprise id
Optional:
  %-26s login of a user of another enterprise
  %-26s login of a co-admin
  %-26s how long lists and events are waited for (2m)
  %-26s another address than Box's

What would be asked, and how:
`, prefix, envJWT, envToken, envEnterprise, envExternal, envCoAdmin, envPatience, envBaseURL)
	for _, q := range questions() {
		fmt.Fprintf(w, "\n%d. %s\n   %s\n", q.number, q.text, q.how)
	}
}

// askAll asks every question, also after one that could not be asked, and
// cleans up.
func askAll(ctx context.Context, o options, w io.Writer) (err error) {
	s, err := newSandbox(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.removeAll(context.WithoutCancel(ctx))) }()
	fmt.Fprintf(w, "asking enterprise %s as %s\n", o.enterprise, s.me.Login)
	if err := s.furnish(ctx); err != nil {
		return fmt.Errorf("make groups and users to ask about: %w", err)
	}
	for _, q := range questions() {
		fmt.Fprintf(w, "\n%d. %s\n", q.number, q.text)
		if err := q.ask(ctx, s, &sheet{w}); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("interrupted: %w", context.Cause(ctx))
			}
			fmt.Fprintf(w, "   could not be asked: %v\n", err)
			s.failed++
		}
	}
	if s.failed > 0 {
		return fmt.Errorf("%d of %d questions could not be asked", s.failed, len(questions()))
	}
	return nil
}

// sheet takes the answers to one question.
type sheet struct{ w io.Writer }

func (s *sheet) say(format string, args ...any) {
	fmt.Fprintf(s.w, "   "+format+"\n", args...)
}
