package sync_test

import (
	"bytes"
	crand "crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// The storm: a Box in every kind of trouble at once, and a plan of 500 changes.
// Each seed has its own groups and its own troubles. One is repeated with
//
//	go test ./sync -run 'TestStorm/seed_7$'

const (
	stormChanges = 500
	stormUsers   = 160
	tokenLife    = 2 * time.Second
)

// storm is what is there, what is to be, and the effects that lead from the one
// to the other.
type storm struct {
	rng     *rand.Rand
	seed    strings.Builder // what is there, as the emulator takes it
	wanted  strings.Builder // what is to be, as [saying] takes it
	members map[string][]string
	effects []string
}

func newStorm(seed uint64) *storm {
	s := &storm{rng: rand.New(rand.NewPCG(seed, 4)), members: map[string][]string{}}
	s.seed.WriteString("group,external_sync_identifier,login,role\n")
	for i := range stormUsers {
		fmt.Fprintf(&s.seed, ",,%s,\n", stormLogin(i))
	}
	for i := range 20 {
		name := fmt.Sprintf("Old%02d", i)
		fmt.Fprintf(&s.seed, "%s,rollcall:main:hr:%s,,\n", name, groupKey(name))
		was := name
		if i < 4 {
			name += " (new)"
			s.effects = append(s.effects, "update_group "+name)
		}
		s.group(was, name, 12, 7, 5, 10)
	}
	for i := range 4 {
		name := fmt.Sprintf("New%02d", i)
		s.effects = append(s.effects, "create_group "+name)
		s.group("", name, 0, 0, 0, 13)
	}
	slices.Sort(s.effects)
	return s
}

func stormLogin(i int) string { return fmt.Sprintf("p%03d@acme.example", i) }

// group has so many people stay as they are, leave, change their role and join.
func (s *storm) group(was, name string, stay, leave, change, join int) {
	fmt.Fprintf(&s.wanted, "%s: ", name)
	s.members[name] = []string{}
	for i, user := range s.rng.Perm(stormUsers)[:stay+leave+change+join] {
		login, roles := stormLogin(user), []string{"member", "admin"}
		before := roles[s.rng.IntN(2)]
		after := before
		switch {
		case i < stay:
		case i < stay+leave:
			after = ""
			s.effects = append(s.effects, fmt.Sprintf("remove_member %s %s %s>", name, login, before))
		case i < stay+leave+change:
			after = roles[(slices.Index(roles, before)+1)%2]
			s.effects = append(s.effects, fmt.Sprintf("change_member %s %s %s>%s", name, login, before, after))
		default:
			before = ""
			s.effects = append(s.effects, fmt.Sprintf("add_member %s %s >%s", name, login, after))
		}
		if before != "" {
			fmt.Fprintf(&s.seed, "%s,,%s,%s\n", was, login, before)
		}
		if after != "" {
			fmt.Fprintf(&s.wanted, "%s %s, ", login, after)
			s.members[name] = append(s.members[name], login+" "+after)
		}
	}
	slices.Sort(s.members[name])
	s.wanted.WriteString("\n")
}

// made returns the effects that the server has noted.
func made(b *emulator.Server) []string {
	var lines []string
	for _, e := range b.Journal() {
		line := e.Action + " " + e.Group
		if e.Login != "" {
			line += fmt.Sprintf(" %s %s>%s", e.Login, e.RoleBefore, e.RoleAfter)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

// blows runs the plan through the storm and checks what is left behind.
func (s *storm) blows(t *testing.T, b *emulator.Server, cfg boxapi.Config, faults emulator.Faults) {
	t.Helper()
	api, err := boxapi.New(cfg)
	require.NoError(t, err)
	require.NoError(t, b.LoadSeed(strings.NewReader(s.seed.String()), "storm.csv"))
	b.SetFaults(faults)
	reader := box.NewReader(api, 8)
	sources := []groupsync.Source{saying("hr", s.wanted.String())}
	p, err := makePlan(t.Context(), sources, reader, options())
	require.NoError(t, err)
	require.Len(t, p.Changes, stormChanges)

	r := groupsync.Apply(t.Context(), p, box.NewWriter(api, target.AdminPermissions{}), groupsync.ApplyOptions{Concurrency: 8, Drain: time.Minute})

	require.NoError(t, r.Stopped)
	for i, result := range r.Results {
		assert.Equal(t, plan.Result{Outcome: plan.Applied}, result, p.Changes[i].ID)
	}
	requireAccounted(t, p, r)
	assert.Equal(t, s.effects, made(b), "each change took effect once, and nothing else did")
	for name, members := range s.members {
		assert.Equal(t, members, b.Members(name), name)
	}
	assert.Len(t, b.Groups(), len(s.members))
	assert.EqualValues(t, b.Stats().Requests, api.Calls(), "every call is counted")
	assert.Greater(t, r.Calls, int64(stormChanges))

	b.SetFaults(emulator.Faults{})
	again, err := makePlan(t.Context(), sources, reader, options())
	require.NoError(t, err)
	assert.Empty(t, again.Changes)
}

func theStorm() emulator.Faults {
	return emulator.Faults{
		Latency: 50 * time.Millisecond, RateLimited: 0.05,
		ErrorBefore: 0.05, ErrorAfter: 0.03, ResetBefore: 0.03, ResetAfter: 0.03, Truncate: 0.03,
		LateApply: 0.02, LateBy: 2 * time.Second, TemporaryConflict: 0.01,
		VisibleAfter: 4 * time.Second, OnToken: true,
	}
}

// stormBox returns the Box of a seed and a client of it. Every other one authenticates
// with a key. Assertions are never the same twice, so that no seed could say which
// of them meet a fault: there, none does.
func stormBox(t *testing.T, seed uint64, key *rsa.PrivateKey, faults *emulator.Faults) (*emulator.Server, boxapi.Config) {
	t.Helper()
	b := emulator.New(emulator.Options{Seed: int64(seed), TokenLifetime: tokenLife})
	if seed%2 == 0 {
		return b, boxapi.Config{Auth: boxapi.ClientCredentials{ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), SubjectID: "900001"}}
	}
	faults.OnToken = false
	b.AddPublicKey("key1", &key.PublicKey)
	return b, boxapi.Config{Auth: boxapi.JWT{
		ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), KeyID: "key1", Key: key, SubjectID: "900001",
	}}
}

func stormKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(crand.Reader, 2048)
	require.NoError(t, err)
	return key
}

func TestStorm(t *testing.T) {
	t.Parallel()
	key := stormKey(t)
	for seed := range uint64(50) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				faults := theStorm()
				b, cfg := stormBox(t, seed, key, &faults)
				cfg.Transport = wire{b}
				cfg.RequestsPerMinute, cfg.Burst = 900, 10
				newStorm(seed).blows(t, b, cfg, faults)
			})
		})
	}
}

// The same over connections that really break.
func TestStorm_over_a_network(t *testing.T) {
	t.Parallel()
	key := stormKey(t)
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			faults := theStorm()
			b, cfg := stormBox(t, seed, key, &faults)
			srv := httptest.NewServer(b)
			defer srv.Close()
			cfg.BaseURL = srv.URL
			cfg.Retry = boxapi.Retry{Base: 4 * time.Millisecond, MaxWait: 100 * time.Millisecond}
			faults.Latency, faults.LateBy, faults.VisibleAfter = 0, 5*time.Millisecond, 20*time.Millisecond
			newStorm(seed).blows(t, b, cfg, faults)
		})
	}
}

// wire carries requests to a handler in memory: no connection, so that it works
// in bubbles.
type wire struct{ http.Handler }

// RoundTrip breaks where a connection would: when the handler aborts, and at the
// end of a body that is shorter than was announced.
func (h wire) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	rec := httptest.NewRecorder()
	defer func() {
		switch cause := recover(); {
		case cause == nil:
		case cause == http.ErrAbortHandler: //nolint:errorlint // what is thrown is this very value
			resp, err = nil, errors.New("read: connection reset by peer")
		default:
			panic(cause)
		}
	}()
	h.ServeHTTP(rec, r.Clone(r.Context()))
	resp = rec.Result()
	if resp.ContentLength > int64(rec.Body.Len()) {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(rec.Body.Bytes()), broken{}))
	}
	return resp, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
