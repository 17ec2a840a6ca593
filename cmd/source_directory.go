package cmd

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// directorySource is a directory that is asked nothing before there is all to ask it with:
// a password and certificates that cannot be read are wrong input, and no server's
// fault.
type directorySource struct {
	*ldap.Source

	ready func() error
}

// Read is [ldap.Source.Read].
func (d directorySource) Read(ctx context.Context) (*source.Roster, error) {
	if err := d.ready(); err != nil {
		return nil, err
	}
	return d.Source.Read(ctx)
}

// Survey is [ldap.Source.Survey].
func (d directorySource) Survey(ctx context.Context) (*source.Roster, *ldap.Survey, error) {
	if err := d.ready(); err != nil {
		return nil, nil, err
	}
	return d.Source.Survey(ctx)
}

// secretsOf returns what says whether the files of TLS can be read, and the password
// of the source i. Who else can read the password's file is told the first time.
func secretsOf(env *Env, c *config, i int) (ready func() error, password func() (string, error)) {
	l := c.Sources[i].LDAP
	if l.Bind.Method == "simple" {
		told := false
		password = func() (string, error) {
			logged := c.Log
			if told {
				logged.Level = "error"
			}
			told = true
			text, err := l.Bind.Password.read(c, env, newLogger(env, logged), "sources", i, "ldap", "bind", "password")
			if err != nil {
				return "", &exitError{code: exitInput, err: err}
			}
			return text.Reveal(), nil
		}
	}
	return func() error {
		var faults []error
		for _, f := range []struct{ key, path string }{
			{"ca_file", l.TLS.CAFile}, {"cert_file", l.TLS.CertFile}, {"key_file", l.TLS.KeyFile},
		} {
			if f.path == "" {
				continue
			}
			if _, err := os.ReadFile(c.path(f.path)); err != nil {
				place := []any{"sources", i, "ldap", "tls", f.key}
				faults = append(faults, &problem{c.file, c.line(place...), dotted(place) + ": " + err.Error()})
			}
		}
		if password != nil {
			if _, err := password(); err != nil {
				faults = append(faults, err)
			}
		}
		if len(faults) == 0 {
			return nil
		}
		return &exitError{code: exitInput, err: errors.Join(faults...)}
	}, password
}

// directoryHint says what to do about what servers have answered: to each thing once,
// where several were asked.
func directoryHint(err error) string {
	var hints []string
	var see func(error)
	see = func(err error) {
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range several.Unwrap() {
				see(one)
			}
			return
		}
		if e, ok := err.(*wire.Error); ok { //nolint:errorlint // each is looked into by itself
			if hint := e.Hint(); hint != "" && !slices.Contains(hints, hint) {
				hints = append(hints, hint)
			}
			return
		}
		if inner := errors.Unwrap(err); inner != nil {
			see(inner)
		}
	}
	see(err)
	return strings.Join(hints, "; ")
}
