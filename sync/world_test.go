package sync_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	groupsync "github.com/rollcall-sync/rollcall/sync"
	"github.com/rollcall-sync/rollcall/target"
)

// self is the login that Box is read and written as.
const self = "rollcall@acme.example"

// reading is a source that is a function.
type reading func(ctx context.Context) (*source.Roster, error)

func (f reading) Read(ctx context.Context) (*source.Roster, error) { return f(ctx) }

// saying is a source that says what [roster] makes of the text.
func saying(name, text string) groupsync.Source {
	return reading(func(context.Context) (*source.Roster, error) { return roster(name, text), nil })
}

// roster builds a roster from lines such as "Finance: ann admin, bob", or
// "Finance {what it is for}: ann". The group's id is its name in lower case, up to the first blank, so that "Finance"
// and "Finance (new)" are one group that was renamed.
func roster(name, text string) *source.Roster {
	b := source.NewBuilder(source.Evidence{Name: name, Kind: "csv", Origin: name + ".csv", GroupsComplete: true})
	for _, line := range split(text, "\n") {
		group, members, _ := strings.Cut(line, ":")
		group, about := cutAbout(group)
		g := b.Group(groupKey(group), group, "")
		b.Describe(g, about, 0)
		for _, entry := range split(members, ",") {
			login, word, _ := strings.Cut(entry, " ")
			role, err := source.ParseRole(word)
			if err != nil {
				panic(err)
			}
			l := source.NewLogin(address(login))
			b.Add(g, b.Person(l.Key(), "", l), role, 0)
		}
	}
	return b.Build()
}

// cutAbout takes the description from a group's name.
func cutAbout(name string) (rest, about string) {
	rest, about, _ = strings.Cut(name, " {")
	return rest, strings.TrimSuffix(about, "}")
}

func groupKey(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return strings.ToLower(first)
}

// newBox builds a Box from lines such as "Finance: ann admin, bob". Its groups
// are those of source hr, unless the name is followed by another identifier in
// brackets; everybody named, in it or in known, is a user.
func newBox(text, known string) *memoryBox {
	b := &memoryBox{
		groups:  map[target.GroupID]target.Group{},
		members: map[target.GroupID]map[target.UserID]target.Membership{},
		users:   map[target.UserID]target.User{},
	}
	b.account = target.Account{User: b.user(self), EnterpriseID: "900001", Enterprise: "Acme"}
	for _, entry := range split(known, ",") {
		b.user(entry)
	}
	for _, line := range split(text, "\n") {
		name, identifier, members := cutGroup(line)
		name, about := cutAbout(name)
		id := b.addGroup(name, identifier)
		b.describe(id, about)
		for _, entry := range split(members, ",") {
			login, word, _ := strings.Cut(entry, " ")
			role := target.RoleMember
			if word == "admin" {
				role = target.RoleAdmin
			}
			b.addMember(id, b.user(login).ID, role)
		}
	}
	return b
}

// cutGroup takes a line of [newBox] apart.
func cutGroup(line string) (name, identifier, members string) {
	if name, rest, foreign := strings.Cut(line, " ["); foreign {
		identifier, members, _ = strings.Cut(rest, "]:")
		return name, identifier, members
	}
	name, members, _ = strings.Cut(line, ":")
	return name, "rollcall:main:hr:" + groupKey(name), members
}

func (b *memoryBox) user(login string) target.User {
	login = address(login)
	for _, u := range b.users {
		if u.Login == login {
			return u
		}
	}
	b.nextID++
	u := target.User{ID: target.UserID(b.nextID), Login: login}
	b.users[u.ID] = u
	return u
}

// state is what is there: by identifier the name, by identifier and login the
// role, and by identifier and {} the description, if there is one. A group without an identifier is called by its id.
func (b *memoryBox) state() map[string]string {
	state := map[string]string{}
	s := b.snapshot()
	for i, g := range s.Groups {
		key := stateKey(g.Identifier, g.ID)
		state[key] = g.Name
		if about := g.Settings[target.Description]; about != "" {
			state[key+described] = about
		}
		for _, m := range s.Listings[i].Memberships {
			state[key+"/"+b.users[m.User].Login] = m.Role.String()
		}
	}
	return state
}

// described is what follows the key of a group in the key of its description.
const described = "/{}"

func stateKey(identifier string, id target.GroupID) string {
	return cmp.Or(identifier, "#"+id.String())
}

func address(login string) string {
	if strings.Contains(login, "@") {
		return login
	}
	return login + "@acme.example"
}

func split(text, sep string) []string {
	var out []string
	for part := range strings.SplitSeq(text, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// people returns n logins, "p1" to "pn", as a list for roster and box.
func people(n int) string {
	logins := make([]string, n)
	for i := range logins {
		logins[i] = fmt.Sprintf("p%d", i+1)
	}
	return strings.Join(logins, ", ")
}

// options have no limits: package plan tests those.
func options() plan.Options {
	return plan.Options{
		Instance: "main", Create: true, Remove: true, ManageRoles: true, Allow: []plan.Allowance{{Rule: plan.RulePossibleRename}, {Rule: plan.RuleReusedID}},
	}
}

// reviewing are options under which groups are taken over as well.
func reviewing() plan.Options {
	o := options()
	o.Adopt, o.Reviewed = true, true
	return o
}

// makePlan reads both sides and plans.
func makePlan(ctx context.Context, sources []groupsync.Source, reader groupsync.Reader, opts plan.Options) (*plan.Plan, error) {
	in, err := groupsync.ReadInputs(ctx, sources, reader)
	if err != nil {
		return nil, err
	}
	return groupsync.Plan(ctx, in, reader, opts)
}

// planned makes the plan that brings the box in step with the text.
func planned(t require.TestingT, b *memoryBox, text string) *plan.Plan {
	p, err := makePlan(context.Background(), []groupsync.Source{saying("hr", text)}, b, options())
	require.NoError(t, err)
	return p
}

// reviewed makes the plan, takeovers included, as a saved one is made.
func reviewed(t require.TestingT, b *memoryBox, text string) *plan.Plan {
	p, err := makePlan(context.Background(), []groupsync.Source{saying("hr", text)}, b, reviewing())
	require.NoError(t, err)
	return p
}

// everything is a plan with every kind of change, several of each, and the box
// that it is for.
func everything(t testing.TB) (*memoryBox, *plan.Plan) {
	t.Helper()
	b := newBox(`Finance: ann admin, bob, carl, dora, rollcall
		Legal: ann, bob, carl
		Sales: emil, fay, gus admin
		Trade: ann, leo`, "hugo, ida, jan, kim")
	p := planned(t, b, `Finance {Money}: ann member, bob admin, hugo, ida
		Legal: ann, hugo admin, jan
		Sales (new): emil, fay, kim
		Trade (new) {Trades}: ann
		Board {Decides}: ann admin, hugo
		Club: kim, ida`)
	kinds := map[plan.Kind]int{}
	for _, c := range p.Changes {
		kinds[c.Kind]++
	}
	require.Equal(t, map[plan.Kind]int{
		plan.CreateGroup: 2, plan.RenameGroup: 2, plan.UpdateGroup: 2, plan.Add: 9, plan.SetRole: 2, plan.Remove: 6,
	}, kinds, "the plan has everything")
	return b, p
}

// requireAccounted checks promise 4: every change has one outcome, and the
// tally sums to the plan.
func requireAccounted(t require.TestingT, p *plan.Plan, r *groupsync.Report) plan.Tally {
	require.Len(t, r.Results, len(p.Changes))
	tally := plan.TallyOf(r.Results)
	require.Equal(t, len(p.Changes), tally.Total())
	return tally
}

// find returns the place of the change with the id.
func find(t testing.TB, p *plan.Plan, id string) int {
	t.Helper()
	for i := range p.Changes {
		if p.Changes[i].ID == id {
			return i
		}
	}
	require.FailNow(t, "no such change", id)
	return -1
}

// fails makes a method that reads fail, or be cut off by a signal. It returns the
// context to read with, and a check of the error that must come of it.
func (b *memoryBox) fails(t *testing.T, method string, cancelled bool) (ctx context.Context, requireFailed func(error)) {
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	broken := errors.New("503 from Box")
	b.onRead = func(ctx context.Context, asked string) error {
		switch {
		case asked != method:
			return nil
		case cancelled:
			cancel(errInterrupted)
			return ctx.Err()
		default:
			return broken
		}
	}
	return ctx, func(err error) {
		t.Helper()
		if cancelled {
			require.EqualError(t, err, "interrupted by SIGTERM: context canceled")
			require.ErrorIs(t, err, errInterrupted)
			return
		}
		require.Equal(t, broken, err)
	}
}
