package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// adminPrefix is where this Box is governed, apart from what Box serves.
const adminPrefix = "/_emulator/"

// admin serves what is below [adminPrefix]:
//
//	GET, PUT, PATCH      faults         Faults; PATCH changes the keys that are given
//	GET, PUT, PATCH      app            AppConfig: rights of the app, and what it sees
//	GET, POST, DELETE    failures       what is ordered; POST takes one Failure, DELETE drops all
//	GET, DELETE          stats          Stats; DELETE is ResetStats
//	GET                  journal        a list of Effects
//	POST                 tokens/expire  ExpireTokens
//	POST                 settle         Settle
//
// It meets no faults, asks for no token and is not counted. Its errors are
// objects with the key error; an unknown key in a body is one.
//
// Whoever reaches the port may use it, but no page in a browser: a request must
// name a loopback address or localhost as its host, so that no other name that
// points here will do, and must have no Origin.
type admin struct {
	mu     sync.Mutex // one change at a time
	routes map[string]adminRoute
}

// adminRoute is what is done for each method. A handler is given the body and
// returns what is shown as JSON, or nothing.
type adminRoute map[string]func(body []byte) (any, error)

func newAdmin(s *Server) *admin {
	act := func(f func()) func([]byte) (any, error) {
		return func([]byte) (any, error) { f(); return nil, nil }
	}
	return &admin{routes: map[string]adminRoute{
		"faults": adminValue(s.Faults, func(f Faults) error {
			if err := f.Validate(); err != nil {
				return err
			}
			s.SetFaults(f)
			return nil
		}),
		"failures": {
			http.MethodGet:    func([]byte) (any, error) { return s.faults.ordersLeft(), nil },
			http.MethodPost:   s.order,
			http.MethodDelete: act(s.faults.forgetOrders),
		},
		"stats": {
			http.MethodGet:    func([]byte) (any, error) { return s.Stats(), nil },
			http.MethodDelete: act(s.ResetStats),
		},
		"journal": {
			http.MethodGet: func([]byte) (any, error) { return append([]Effect{}, s.Journal()...), nil },
		},
		"app":           adminValue(s.App, s.SetApp),
		"tokens/expire": {http.MethodPost: act(s.ExpireTokens)},
		"settle":        {http.MethodPost: act(s.Settle)},
	}}
}

// adminValue is the route of a value that can be looked at, replaced (PUT) and
// changed in part (PATCH).
func adminValue[T any](get func() T, set func(T) error) adminRoute {
	change := func(v T, body []byte) (any, error) {
		if err := decodeStrictly(body, &v); err != nil {
			return nil, err
		}
		if err := set(v); err != nil {
			return nil, err
		}
		return get(), nil
	}
	return adminRoute{
		http.MethodGet:   func([]byte) (any, error) { return get(), nil },
		http.MethodPut:   func(body []byte) (any, error) { return change(*new(T), body) },
		http.MethodPatch: func(body []byte) (any, error) { return change(get(), body) },
	}
}

func (s *Server) order(body []byte) (any, error) {
	var f Failure
	if err := decodeStrictly(body, &f); err != nil {
		return nil, err
	}
	if err := f.validate(); err != nil {
		return nil, err
	}
	s.Inject(f)
	return s.faults.ordersLeft(), nil
}

func decodeStrictly(body []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return errors.New("there is no body; a JSON object is wanted")
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind the object")
	}
	return nil
}

// ServeHTTP answers one request.
func (a *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Values("Origin"); len(origin) > 0 || !isLoopback(r.Host) {
		refuse(w, http.StatusForbidden, fmt.Errorf(
			"host %q, origin %q: this is for programs on this machine, which call it by a loopback address", r.Host, origin))
		return
	}
	path := strings.TrimPrefix(r.URL.Path, adminPrefix)
	route := a.routes[path]
	if route == nil {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is no %q here; there are %s", path, sorted(maps.Keys(a.routes))))
		return
	}
	handle := route[r.Method]
	if handle == nil {
		w.Header().Set("Allow", sorted(maps.Keys(route)))
		refuse(w, http.StatusMethodNotAllowed, fmt.Errorf("%s is not possible; there are %s", r.Method, sorted(maps.Keys(route))))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		refuse(w, http.StatusBadRequest, fmt.Errorf("read the body: %w", err))
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	out, err := handle(body)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, err)
	case out == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		show(w, http.StatusOK, out)
	}
}

func refuse(w http.ResponseWriter, status int, err error) {
	show(w, status, map[string]string{"error": err.Error()})
}

func show(w http.ResponseWriter, status int, v any) {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		panic(err) // unreachable: what is shown is made of strings, numbers and maps
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client may be gone; there is nobody to tell
}

// isLoopback says whether a Host header names this machine in a way that no
// name server can be made to say.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

func sorted(names func(yield func(string) bool)) string {
	return strings.Join(slices.Sorted(names), ", ")
}
