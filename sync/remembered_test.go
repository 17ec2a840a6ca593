package sync_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// bigEnterprise makes the reader search for each login: the list of users is long.
const bigEnterprise = 3000

// office is an emulated Box, and what the runs of one installation remember of it.
type office struct {
	*emulator.Server
	t      *testing.T
	api    *boxapi.Client
	reader *box.Reader
	memory *plan.Memory
	night  int
}

func newOffice(t *testing.T) *office {
	t.Helper()
	b := emulator.New(emulator.Options{})
	api, err := boxapi.New(boxapi.Config{
		Auth:      boxapi.ClientCredentials{ClientID: "emulator", ClientSecret: boxapi.NewSecret("emulator-secret"), SubjectID: "900001"},
		Transport: wire{b},
	})
	require.NoError(t, err)
	return &office{Server: b, t: t, api: api, reader: box.NewReader(api, 4), memory: &plan.Memory{}}
}

func (o *office) hires(logins ...string) {
	o.t.Helper()
	for _, login := range logins {
		_, err := o.AddUser(emulator.User{Login: address(login)})
		require.NoError(o.t, err)
	}
}

// person is somebody of a directory.
type person struct {
	logins string
	left   bool
}

// directory is a source of people with keys of their own.
func directory(people map[string]person, groups map[string]string) groupsync.Source {
	return reading(func(context.Context) (*source.Roster, error) {
		b := source.NewBuilder(source.Evidence{Name: "ad", Kind: "ldap", GroupsComplete: true})
		index := map[string]source.PersonIndex{}
		for key, p := range people {
			var logins []source.Login
			for _, login := range split(p.logins, ",") {
				logins = append(logins, source.NewLogin(address(login)))
			}
			index[key] = b.Person(key, "", logins...)
			if p.left {
				b.Leaver(index[key])
			}
		}
		for name, members := range groups {
			g := b.Group(name, name, "")
			for _, key := range split(members, ",") {
				b.Add(g, index[key], source.Unstated, 0)
			}
		}
		return b.Build(), nil
	})
}

func (o *office) opts() plan.Options {
	opts := options()
	opts.Memory, opts.Now, opts.RemovalGrace = o.memory, time.Date(2026, 1, o.night, 2, 0, 0, 0, time.UTC), 7*24*time.Hour
	return opts
}

// sync makes a plan, saves it, and applies it as another run would. It returns the
// plan and the calls that making it took.
func (o *office) sync(from groupsync.Source) (p *plan.Plan, calls int64) {
	o.t.Helper()
	o.night++
	before := o.api.Calls()
	p, err := makePlan(o.t.Context(), []groupsync.Source{from}, o.reader, o.opts())
	require.NoError(o.t, err)
	calls = o.api.Calls() - before
	o.memory = p.Memory
	in, err := groupsync.ReadInputs(o.t.Context(), []groupsync.Source{from}, o.reader)
	require.NoError(o.t, err)
	left, err := groupsync.Recheck(o.t.Context(), saved(o.t, p), in, o.reader, o.opts())
	require.NoError(o.t, err)
	require.Equal(o.t, len(p.Changes), len(left.Plan.Changes), "nothing has changed since: %v", left.Results)
	r := groupsync.Apply(o.t.Context(), left.Plan, box.NewWriter(o.api, target.AdminPermissions{}), groupsync.ApplyOptions{Concurrency: 2})
	require.Equal(o.t, plan.Tally{Applied: len(p.Changes)}, plan.TallyOf(r.Results))
	return p, calls
}

func found(p *plan.Plan) []string {
	var out []string
	for _, f := range p.Findings {
		out = append(out, string(f.Kind)+" "+f.Login.String())
	}
	return out
}

func causes(p *plan.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, c.Kind.String()+" "+c.Group.Name+" "+c.User.Login+" "+c.Cause.String())
	}
	return out
}

// A marriage, a second account by the helpdesk, and an account that is disabled,
// moved and without mail in the end: the stories of one person, night by night.
func TestSync_onePersonForYears(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hires("ann", "bob")
	people := map[string]person{"k1": {logins: "ann"}, "k2": {logins: "bob"}}

	o.sync(directory(people, map[string]string{"Finance": "k1, k2", "Legal": "k2"}))
	assert.Equal(t, []string{"ann@acme.example member", "bob@acme.example member"}, o.Members("Finance"))

	people["k1"] = person{logins: "ann.new"}
	married := map[string]string{"Finance": "k1, k2", "Legal": "k1, k2"}
	p, _ := o.sync(directory(people, married))
	assert.Equal(t, []string{"add Legal ann@acme.example joined"}, causes(p))
	assert.Equal(t, []string{"remembered_user ann.new@acme.example"}, found(p))
	p, _ = o.sync(directory(people, married))
	assert.Empty(t, p.Changes)

	o.hires("ann.new")
	p, _ = o.sync(directory(people, married))
	assert.Empty(t, p.Changes)
	assert.Equal(t, []string{"two_accounts ann@acme.example"}, found(p))
	require.NoError(t, o.RemoveUser("ann.new@acme.example"))
	require.NoError(t, o.SetLogin("ann@acme.example", "ann.new@acme.example"))
	p, _ = o.sync(directory(people, married))
	assert.Empty(t, p.Changes)
	assert.Empty(t, p.Findings)

	people["k1"] = person{left: true}
	p, _ = o.sync(directory(people, married))
	assert.Equal(t, []string{"remove Finance ann.new@acme.example left", "remove Legal ann.new@acme.example left"}, causes(p), "no grace for those who have left")
	assert.Equal(t, []string{"bob@acme.example member"}, o.Members("Finance"))
}

// The memory costs one question, for an account that nothing else shows; and the
// account that Box no longer has is asked for once.
func TestSync_callsForRememberedPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.hires("ann", "bob", "carl")
	o.fill(bigEnterprise)
	people := map[string]person{"k1": {logins: "ann"}, "k2": {logins: "bob"}, "k3": {logins: "carl"}}
	o.sync(directory(people, map[string]string{"Finance": "k1, k2", "Legal": "k3"}))
	require.Len(t, o.memory.People, 3)
	require.NoError(t, o.RemoveGroup("Finance"))

	people["k1"] = person{logins: "ann.new"}
	p, calls := o.sync(directory(people, map[string]string{"Legal": "k3, k1"}))
	assert.Equal(t, []string{"add Legal ann@acme.example joined"}, causes(p))
	people["k3"] = person{logins: "carl.new"}
	require.NoError(t, o.RemoveUser("carl@acme.example"))
	p, more := o.sync(directory(people, map[string]string{"Legal": "k3, k1"}))
	assert.Equal(t, calls+1, more, "two logins, and the account of one of them")
	assert.Equal(t, []string{"remembered_user ann.new@acme.example", "unknown_login carl.new@acme.example"}, found(p))
	assert.NotContains(t, o.memory.People, "ad/k3")
	_, again := o.sync(directory(people, map[string]string{"Legal": "k3, k1"}))
	assert.Equal(t, more-1, again, "forgotten")
}

// fill hires so many people more.
func (o *office) fill(n int) {
	for i := range n {
		o.hires("filler" + target.UserID(i).String())
	}
}
