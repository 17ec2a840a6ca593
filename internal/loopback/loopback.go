// Package loopback finds addresses of this machine for the servers that tests
// start as programs of their own, and that must be told where to listen.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports that are given out: above those of well-known services, and below
// those from which Linux (from 32768), macOS and Windows (from 49152) serve a
// connection or a listener that asks for any port. One of these was free for a
// moment only: some other test's listener had it in the next, answered who was
// waiting for the server, and was gone when the server came.
const (
	first = 10_000
	last  = 32_767
)

// attempts is how many ports may be taken before Free gives up.
const attempts = 100

// Free returns a port of 127.0.0.1 on which nobody listens and which nobody is
// given without asking for it by its number.
func Free(ctx context.Context) (int, error) {
	var failures error
	for range attempts {
		port := first + rand.IntN(last-first+1)
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", Address(port))
		if err != nil {
			failures = errors.Join(failures, err)
			continue
		}
		return port, listener.Close()
	}
	return 0, fmt.Errorf("find a free port from %d to %d: %w", first, last, failures)
}

// Address returns the address of a port on this machine.
func Address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
