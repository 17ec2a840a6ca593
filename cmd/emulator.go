package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// The credentials that the emulator takes. They protect nothing.
const (
	emulatorToken        = "emulator-token"
	emulatorClientID     = "emulator"
	emulatorClientSecret = "emulator-secret"
	emulatorEnterprise   = "900001"
)

// shutdownPatience is how long requests under way may take when the emulator
// is ended.
const shutdownPatience = 100 * time.Millisecond

// saveEvery is how often a running emulator writes its state down.
const saveEvery = time.Second

func newEmulatorCommand(env *Env) *cobra.Command {
	o := &emulatorOptions{}
	c := &cobra.Command{
		Use:   "emulator",
		Short: "Serve a stand-in for Box, to try things out without an account",
		Long: `emulator answers Box's REST API for groups, memberships and users, with Box's
rules, from a state that starts with the seed. It is for trying things out and
for tests; faults can be switched on to see how a run copes with them. It serves
until it is interrupted, which is how it is meant to end: exit code 0.

Which requests meet a fault depends on --fault-seed and on the requests, and on
nothing else: the same run meets the same faults again.

With --admin, faults are switched while it runs: GET, PUT or PATCH the JSON at
/_emulator/faults, whose keys are the names of the flags for faults with _ for -
("on_token" for --faults-on-token). There are also /_emulator/app (what the app
may do and sees), failures (POST orders one exact failure), stats, journal,
tokens/expire and settle. Whoever reaches the port may use it, if they call it
by a loopback address or as localhost, but no page in a browser.`,
		Example: `  rollcall emulator --seed examples/acme/box.csv
  rollcall emulator --seed examples/acme/box.csv --fail-before 0.05
  rollcall emulator --seed examples/acme/box.csv --admin
  curl -X PATCH localhost:8787/_emulator/faults -d '{"visible_after":"2s"}'`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return usageError(c, err)
			}
			return runEmulator(c.Context(), env, o)
		},
	}
	addFlagGroups(c, o.flagGroups())
	return c
}

func runEmulator(ctx context.Context, env *Env, o *emulatorOptions) error {
	server := newEmulator(o.server(env))
	if err := fill(server, seeded(o.seed), o.state); err != nil {
		return err
	}
	if err := o.writeAppSettings(server); err != nil {
		return fmt.Errorf("write the app's settings: %w", err)
	}
	base, stop, err := serve(ctx, server, o.listen)
	if err != nil {
		return &exitError{code: exitInput, err: fmt.Errorf("start the emulator: %w", err), hint: listenHint(err)}
	}
	if err := keepable(o.state); err != nil {
		return errors.Join(fmt.Errorf("keep the emulator's state: %w", err), stop())
	}
	_, err = fmt.Fprintf(env.Stdout, `Box emulator listening on %s
To use it, put this into the configuration:

target:
  box:
    base_url: %s
    auth:
      ccg: {client_id: %s, client_secret: {env: BOX_CLIENT_SECRET}, enterprise_id: "%s"}

and set BOX_CLIENT_SECRET=%s. End it with Ctrl-C.
`, base, base, emulatorClientID, emulatorEnterprise, emulatorClientSecret)
	if err != nil {
		return errors.Join(fmt.Errorf("write to standard output: %w", err), stop())
	}
	if o.appSettings != "" {
		fmt.Fprintf(env.Stdout, "Instead of ccg, jwt: {config_file: %s} will do.\n", o.appSettings)
	}
	if o.admin {
		fmt.Fprintf(env.Stdout, "Faults are switched at %s/_emulator/faults\n", base)
	}
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			err := stop()
			server.Settle() // what is late comes before the end
			return errors.Join(err, save(server, o.state))
		case <-ticker.C:
			if err := save(server, o.state); err != nil {
				return errors.Join(err, stop())
			}
		}
	}
}

// listenHint says what to do about an address that cannot be listened on.
func listenHint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "another program listens there: name another address with --listen, or port 0 for a free one"
	case errors.Is(err, fs.ErrPermission):
		return "this user may not listen there: name a port from 1024 on with --listen"
	default:
		return "--listen takes an address of this machine and a port, such as 127.0.0.1:8787"
	}
}

// server is what the flags make of an emulator.
func (o *emulatorOptions) server(env *Env) emulator.Options {
	out := emulator.Options{
		RequestsPerMinute: o.requestsPerMinute, Burst: o.burst, Faults: o.faults, Seed: o.faultSeed, Admin: o.admin,
		ClockOffset: o.clockOffset,
	}
	if o.verbose {
		out.Logger = slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return out
}

// startEmulator serves an emulator on the loopback interface for the length of
// one run. It returns the address and what ends it, which also saves the state
// if a write changed it.
func startEmulator(ctx context.Context, begin func(*emulator.Server) error, state string) (base string, closer func() error, err error) {
	server := newEmulator(emulator.Options{})
	if err := fill(server, begin, state); err != nil {
		return "", nil, err
	}
	base, stop, err := serve(ctx, server, "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("start the emulator: %w", err)
	}
	return base, func() error { return errors.Join(stop(), save(server, state)) }, nil
}

// fill loads the state, or lets begin fill the server where there is none yet.
func fill(server *emulator.Server, begin func(*emulator.Server) error, state string) error {
	if state != "" {
		err := server.LoadState(state)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return &exitError{code: exitInput, err: fmt.Errorf("load the emulator's state: %w", err), hint: "if it is the emulator's own file, remove it to begin anew; if not, name another"}
		}
	}
	return begin(server)
}

// seeded returns what fills a server with the seed; without one, nothing does.
func seeded(seed string) func(*emulator.Server) error {
	return func(server *emulator.Server) error {
		if seed == "" {
			return nil
		}
		text, err := os.ReadFile(seed)
		if err != nil {
			return fmt.Errorf("load the emulator's seed: %w", err)
		}
		if err := server.LoadSeed(bytes.NewReader(text), seed); err != nil {
			return fmt.Errorf("load the emulator's seed: %w", err)
		}
		return nil
	}
}

// keepable reports whether a state can be written where it is to be kept: better
// now than after the first write.
func keepable(state string) error {
	if state == "" {
		return nil
	}
	dir := filepath.Dir(state)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return creatable(dir)
}

// creatable reports whether files can be made in a directory. It leaves none
// behind.
func creatable(dir string) error {
	probe, err := os.CreateTemp(dir, ".rollcall-*")
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = fmt.Errorf("make a file in %s: %w", dir, p.Err) // its name is ours, and says nothing
	}
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w; let user %d write there, or name a file elsewhere", err, os.Getuid())
	}
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// newEmulator makes an emulator that takes the credentials above.
func newEmulator(o emulator.Options) *emulator.Server {
	o.EnterpriseID, o.DeveloperToken = emulatorEnterprise, emulatorToken
	o.ClientID, o.ClientSecret = emulatorClientID, emulatorClientSecret
	return emulator.New(o)
}

func save(server *emulator.Server, state string) error {
	if state == "" || !server.Changed() {
		return nil
	}
	err := os.MkdirAll(filepath.Dir(state), 0o700)
	if err == nil {
		err = server.SaveState(state)
	}
	if err != nil {
		return fmt.Errorf("save the emulator's state: %w", err)
	}
	return nil
}

// reachable returns an address at which this machine reaches a listener: one that
// listens everywhere is told by its loopback address.
func reachable(address net.Addr) string {
	if tcp, ok := address.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return address.String()
}

// serve answers at the address until stop is called. Requests that are under
// way then have a moment to finish.
func serve(ctx context.Context, handler http.Handler, address string) (base string, stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	return "http://" + reachable(listener.Addr()), func() error {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownPatience)
		defer cancel()
		// A connection that a client has opened and never used keeps Shutdown
		// waiting for five seconds. Close ends it; nothing is lost by that.
		if server.Shutdown(ending) != nil {
			if err := server.Close(); err != nil {
				return err
			}
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}
