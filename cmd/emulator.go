package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
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

type emulatorOptions struct {
	listen, seed, state string
	requestsPerMinute   int
	faults              emulator.Faults
}

func newEmulatorCommand(env *Env) *cobra.Command {
	o := &emulatorOptions{}
	c := &cobra.Command{
		Use:   "emulator",
		Short: "Serve a stand-in for Box, to try things out without an account",
		Long: `emulator answers Box's REST API for groups, memberships and users, with Box's
rules, from a state that starts with the seed. It is for trying things out and
for tests; faults can be switched on to see how a run copes with them.`,
		Example: `  rollcall emulator --seed examples/acme/box.csv
  rollcall emulator --seed examples/acme/box.csv --fail-before 0.05`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return usageError(c, err)
			}
			return runEmulator(c.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8787", "`ADDRESS` to listen on; port 0 takes a free one")
	f.StringVar(&o.seed, "seed", "", "CSV `FILE` of users, groups and memberships to begin with")
	f.StringVar(&o.state, "state", "", "JSON `FILE` that keeps the state; if it exists, the seed is not read")
	f.IntVar(&o.requestsPerMinute, "requests-per-minute", 0, "answer 429 above this rate; 0 is no limit")
	f.DurationVar(&o.faults.Latency, "latency", 0, "wait so long before each answer")
	f.Float64Var(&o.faults.RateLimited, "fail-429", 0, "share of requests answered 429, from 0 to 1")
	f.Float64Var(&o.faults.ErrorBefore, "fail-before", 0, "share of requests answered 5xx and not carried out")
	f.Float64Var(&o.faults.ErrorAfter, "fail-after", 0, "share of requests answered 5xx although they were carried out")
	return c
}

// check refuses values that no server can serve.
func (o *emulatorOptions) check() error {
	for name, share := range map[string]float64{
		"fail-429": o.faults.RateLimited, "fail-before": o.faults.ErrorBefore, "fail-after": o.faults.ErrorAfter,
	} {
		if share < 0 || share > 1 {
			return fmt.Errorf("--%s is %v; a share goes from 0 to 1", name, share)
		}
	}
	if o.faults.Latency < 0 || o.requestsPerMinute < 0 {
		return errors.New("--latency and --requests-per-minute are 0 or more")
	}
	return nil
}

func runEmulator(ctx context.Context, env *Env, o *emulatorOptions) error {
	server := newEmulator(emulator.Options{RequestsPerMinute: o.requestsPerMinute, Faults: o.faults})
	if err := fill(server, o.seed, o.state); err != nil {
		return err
	}
	base, stop, err := serve(ctx, server, o.listen)
	if err != nil {
		return fmt.Errorf("start the emulator: %w", err)
	}
	if err := keepable(o.state); err != nil {
		return errors.Join(fmt.Errorf("keep the emulator's state: %w", err), stop())
	}
	fmt.Fprintf(env.Stdout, `Box emulator listening on %s
To use it, put this into the configuration:

target:
  box:
    base_url: %s
    auth:
      ccg: {client_id: %s, client_secret: {env: BOX_CLIENT_SECRET}, enterprise_id: "%s"}

and set BOX_CLIENT_SECRET=%s. End it with Ctrl-C.
`, base, base, emulatorClientID, emulatorEnterprise, emulatorClientSecret)
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.Join(stop(), save(server, o.state))
		case <-ticker.C:
			if err := save(server, o.state); err != nil {
				return errors.Join(err, stop())
			}
		}
	}
}

// startEmulator serves an emulator on the loopback interface for the length of
// one run. It returns the address and what ends it, which also saves the state
// if a write changed it.
func startEmulator(ctx context.Context, seed, state string) (base string, closer func() error, err error) {
	server := newEmulator(emulator.Options{})
	if err := fill(server, seed, state); err != nil {
		return "", nil, err
	}
	base, stop, err := serve(ctx, server, "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("start the emulator: %w", err)
	}
	return base, func() error { return errors.Join(stop(), save(server, state)) }, nil
}

// fill loads the state, or the seed where there is no state yet.
func fill(server *emulator.Server, seed, state string) error {
	if state != "" {
		err := server.LoadState(state)
		if err == nil {
			return nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return &exitError{code: exitInput, err: fmt.Errorf("load the emulator's state: %w", err), hint: "if it is the emulator's own file, remove it to begin anew; if not, name another"}
		}
	}
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
