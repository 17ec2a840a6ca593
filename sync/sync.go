// Package sync runs: it reads both sides and has package plan decide ([Plan]),
// and it makes the changes of a plan ([Apply]).
//
// It knows no concrete source and no concrete target: what it needs of them
// stands here as small interfaces. Planning is given a [Reader], which has no
// method that writes, so that a dry run cannot write by mistake.
//
// The package shadows the standard library's sync; files that need both import
// this one as groupsync.
package sync

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// Source is one place that says who should be in which group.
type Source interface {
	// Read returns all that the source says, or an error and nothing.
	Read(ctx context.Context) (*source.Roster, error)
}

// Reader says what is in Box. See the methods of box.Reader for the contract.
type Reader interface {
	Account(ctx context.Context) (target.Account, error)
	Groups(ctx context.Context) (groups []target.Group, hidden int, err error)
	Members(ctx context.Context, groups []target.GroupID, each func(target.Listing) error) error
	Users(ctx context.Context, logins []string, ids []target.UserID) (users []target.User, how string, err error)
	Aliases(ctx context.Context, users []target.UserID) (aliases []target.Alias, how string, err error)
	Calls() int64
}

// ErrNothingChosen says that the run concerns no group at all.
var ErrNothingChosen = errors.New("no group of the sources is chosen")

// Inputs is what both sides are asked first: what the sources say, and who we are
// in Box.
type Inputs struct {
	// Roster is what the sources say; nil says that they were not read.
	Roster  *source.Roster
	Account target.Account
}

// ReadInputs reads the sources, and then asks Box who we are. Sources come first:
// calls to Box cost money, and a source that cannot be read ends the run before
// any. Without sources the roster is nil. The error wraps the cause if ctx was
// done.
func ReadInputs(ctx context.Context, sources []Source, reader Reader) (in Inputs, err error) {
	if len(sources) > 0 {
		in.Roster, err = ReadSources(ctx, sources)
	}
	if err == nil {
		in.Account, err = reader.Account(ctx)
	}
	return in, withCause(ctx, err)
}

// withCause makes an error that came after ctx was done name why.
func withCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

// Plan reads Box, and returns what is to be done. Nothing is written. It needs a
// roster: sources that were not read are no empty ones. An error means that no
// plan exists; it wraps the cause if ctx was done.
func Plan(ctx context.Context, in Inputs, reader Reader, opts plan.Options) (*plan.Plan, error) {
	p, err := readAndPlan(ctx, in, reader, opts)
	return p, withCause(ctx, err)
}

// nothingChosen says what has left none of so many groups.
func nothingChosen(groups int, scope []source.Pattern) error {
	if groups == 0 {
		return fmt.Errorf("%w: the sources have none; check that what they read is whole", ErrNothingChosen)
	}
	if len(scope) == 0 {
		return fmt.Errorf("%w: the sources have %s; see groups.include and groups.exclude", ErrNothingChosen, plan.Count(groups, "group"))
	}
	var flags []string
	for _, p := range scope {
		flags = append(flags, "--group "+plan.ShellQuote(p.String()))
	}
	return fmt.Errorf("%w: the sources have %s, and none is meant by %s and left by groups.include and groups.exclude",
		ErrNothingChosen, plan.Count(groups, "group"), strings.Join(flags, " or "))
}

func readAndPlan(ctx context.Context, in Inputs, reader Reader, opts plan.Options) (*plan.Plan, error) {
	if in.Roster == nil {
		return nil, errors.New("make a plan: no source was read")
	}
	opts.Self = in.Account.User.ID
	groups, hidden, err := reader.Groups(ctx)
	if err != nil {
		return nil, err
	}
	if err := Visible(groups, hidden, seenBefore(opts.Memory)); err != nil {
		return nil, err
	}
	differ := plan.Match(in.Roster, groups, opts)
	differ.HiddenGroups(hidden)
	if len(groups) == 0 {
		differ.NoGroups()
	}
	if differ.Groups() == 0 {
		return nil, nothingChosen(len(in.Roster.Groups()), opts.Scope.Groups)
	}
	if err := listed(ctx, reader, differ); err != nil {
		return nil, err
	}
	how, err := resolve(ctx, differ, reader)
	if err != nil {
		return nil, err
	}
	p, err := differ.Finish()
	if err != nil {
		return nil, err
	}
	p.Header.EnterpriseID, p.Header.Enterprise = in.Account.EnterpriseID, in.Account.Enterprise
	p.Header.Account = in.Account.User.Login
	p.Header.Calls.Made, p.Header.Calls.Lookup = reader.Calls(), how
	return p, nil
}

// listed gives a comparison the listings that it asks for.
func listed(ctx context.Context, reader Reader, to interface {
	ToList() []target.GroupID
	Listed(l target.Listing)
}) error {
	return reader.Members(ctx, to.ToList(), func(l target.Listing) error {
		to.Listed(l)
		return nil
	})
}

// Recheck compares a saved plan with both sides as they are now, and returns what
// is left of it. It lists the groups that the plan touches, and no other, and asks
// about people as [Plan] does. Nothing is written. Without a roster, only what Box
// says can speak against a change.
func Recheck(ctx context.Context, saved *plan.Plan, in Inputs, reader Reader, opts plan.Options) (*plan.Confirmed, error) {
	c, err := recheck(ctx, saved, in, reader, opts)
	return c, withCause(ctx, err)
}

func recheck(ctx context.Context, saved *plan.Plan, in Inputs, reader Reader, opts plan.Options) (*plan.Confirmed, error) {
	opts.Self = in.Account.User.ID
	groups, hidden, err := reader.Groups(ctx)
	if err != nil {
		return nil, err
	}
	if err := Visible(groups, hidden, max(seenBefore(opts.Memory), saved.Header.Compared.Groups)); err != nil {
		return nil, err
	}
	r := plan.NewRecheck(saved, in.Roster, groups, opts)
	r.HiddenGroups(hidden)
	if err := listed(ctx, reader, r); err != nil {
		return nil, err
	}
	if _, err := resolve(ctx, r, reader); err != nil {
		return nil, err
	}
	return r.Finish()
}

// ReadSources reads all sources at once and joins what they say, in the order
// given. A source that fails does not end the others, so that every failure is
// told, and the same ones each time.
func ReadSources(ctx context.Context, sources []Source) (*source.Roster, error) {
	rosters, failed := make([]*source.Roster, len(sources)), make([]error, len(sources))
	var g sync.WaitGroup
	for i, s := range sources {
		g.Go(func() { rosters[i], failed[i] = s.Read(ctx) })
	}
	g.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return source.Merge(rosters...), nil
}
