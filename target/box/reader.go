package box

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/rollcall-sync/rollcall/target"
	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// Reader reads what Box says. It has no method that writes. It may be used by
// several goroutines, once [Reader.Account] has returned.
type Reader struct {
	api         *boxapi.Client
	concurrency int
	slots       *semaphore.Weighted
	managed     int       // managed users, as Account found them
	enterprise  boxapi.ID // ours, likewise; zero where it was not told
	settings    bool
}

// NewReader returns a reader that has at most concurrency requests under way
// at a time; less than 1 means 1.
func NewReader(api *boxapi.Client, concurrency int) *Reader {
	concurrency = max(1, concurrency)
	return &Reader{api: api, concurrency: concurrency, slots: semaphore.NewWeighted(int64(concurrency))}
}

// WithSettings returns a reader that also asks what settings groups have. That
// takes no more calls, and longer answers.
func (r *Reader) WithSettings() *Reader {
	also := *r
	also.settings = true
	return &also
}

// Calls returns how many requests the client has sent so far, token requests
// and repetitions included.
func (r *Reader) Calls() int64 { return r.api.Calls() }

// Account returns who the credentials are, and makes sure that they can see
// users: a Box that shows none would make every person look unknown. It takes
// two calls (GET /users/me and GET /users).
func (r *Reader) Account(ctx context.Context) (target.Account, error) {
	me, err := r.api.Me(ctx, "name", "login", "enterprise")
	if err != nil {
		return target.Account{}, doing(err, "asking Box who the credentials are")
	}
	users, err := r.api.ListUsers(ctx, boxapi.UserListOptions{UserType: "managed", Limit: 1, Fields: []string{"login"}})
	if err != nil {
		return target.Account{}, doing(err, "listing users in Box")
	}
	if users.TotalCount == 0 {
		return target.Account{}, fmt.Errorf("%w as %s: the app needs App + Enterprise Access and the right to manage users",
			ErrNoUsers, me.Login)
	}
	r.managed = users.TotalCount
	account := target.Account{User: userOf(me), ManagedUsers: users.TotalCount}
	if me.Enterprise != nil {
		r.enterprise = me.Enterprise.ID
		account.EnterpriseID, account.Enterprise = me.Enterprise.ID.String(), me.Enterprise.Name
	}
	return account, nil
}

// Groups returns all groups of the enterprise that the credentials may see, in
// one call for each 1000 (GET /groups). hidden counts the groups that Box
// announced and did not show.
//
// Box lists 10,000. Of an enterprise that has more, the others are asked for by
// the beginnings of their names (GET /groups?filter_term=), with one call for
// each beginning that is tried (some dozens, and more where many names begin
// alike; never more than one for ten groups) and one for each further 1000 groups.
// If that does not account for every group that Box has, it is an error that
// says how many are missing: a list cut short would make groups look gone.
func (r *Reader) Groups(ctx context.Context) (groups []target.Group, hidden int, err error) {
	found, total, err := r.allGroups(ctx)
	if err != nil && !errors.Is(err, ErrTooManyGroups) {
		err = doing(err, "listing groups in Box")
	}
	if err != nil {
		return nil, 0, err
	}
	groups = make([]target.Group, len(found))
	for i, g := range found {
		groups[i] = groupOf(g)
		if r.settings {
			groups[i].Settings, groups[i].Told = settingsOf(g), true
		}
	}
	return groups, max(0, total-len(groups)), nil
}

func (r *Reader) allGroups(ctx context.Context) (groups []boxapi.Group, total int, err error) {
	all := func(ctx context.Context, offset int) (boxapi.Page[boxapi.Group], error) {
		return r.groupPage(ctx, "", offset)
	}
	for range rereads {
		found, err := readAll(ctx, all, groupID)
		switch {
		case err != nil:
			return nil, 0, err
		case !found.truncated:
			return found.entries, found.total, nil
		case found.total <= boxapi.OffsetCeiling: // beyond its own total
			return nil, 0, fmt.Errorf("%w: Box lists no more than %d, and there are more", ErrTooManyGroups, boxapi.OffsetCeiling)
		}
		c := newCensus(r.groupPage, found.entries, found.total)
		if err := c.split(ctx, "", found.total, func() error { return nil }); err != nil {
			return nil, 0, err
		}
		now, err := all(ctx, 0)
		switch {
		case err != nil:
			return nil, 0, err
		case now.TotalCount != found.total:
			continue // what was counted is no longer so
		}
		if missing := c.short("", found.total); missing > 0 {
			return nil, 0, fmt.Errorf("%w: Box has %d groups, lists no more than %d, and does not show %d by the beginnings of their names; "+
				"groups made a minute ago may be among them: try again", ErrTooManyGroups, found.total, boxapi.OffsetCeiling, missing)
		}
		return c.groups, found.total, nil
	}
	return nil, 0, ErrMoving
}

// groupPage reads one page of the groups whose names begin so.
func (r *Reader) groupPage(ctx context.Context, begin string, offset int) (boxapi.Page[boxapi.Group], error) {
	fields := groupFields()
	if r.settings {
		fields = append(fields, settingFields()...)
	}
	return limited(r, func(ctx context.Context, offset int) (boxapi.Page[boxapi.Group], error) {
		return r.api.ListGroups(ctx, boxapi.GroupListOptions{
			FilterTerm: begin, Fields: fields, Limit: boxapi.MaxLimit, Offset: offset,
		})
	})(ctx, offset)
}

// Members lists the memberships of each group, in one call for each 1000 of
// them (GET /groups/:id/memberships), several groups at a time. It calls each
// once for every group, one after another but in no particular order, and
// stops at the first error, its own or Box's. Listings that were given before
// an error are right, and not all.
func (r *Reader) Members(ctx context.Context, groups []target.GroupID, each func(target.Listing) error) error {
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(r.concurrency)
	var (
		one    sync.Mutex
		failed error // the first; nothing is given after it
	)
	for _, id := range groups {
		if working.Err() != nil {
			break
		}
		g.Go(func() error {
			listing, err := r.members(working, id)
			one.Lock()
			defer one.Unlock()
			switch {
			case failed != nil:
			case err != nil:
				failed = doing(err, "listing the members of Box group %s", id)
			default:
				failed = each(listing)
			}
			return failed
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return context.Cause(ctx)
}

func (r *Reader) members(ctx context.Context, id target.GroupID) (target.Listing, error) {
	found, err := readAll(ctx, limited(r, func(ctx context.Context, offset int) (boxapi.Page[boxapi.Membership], error) {
		return r.api.ListGroupMemberships(ctx, boxapi.ID(id), boxapi.ListOptions{Limit: boxapi.MaxLimit, Offset: offset})
	}), func(m boxapi.Membership) boxapi.ID { return m.ID })
	if err != nil {
		return target.Listing{}, err
	}
	return listingOf(id, found), nil
}

// listingOf leaves out the rows that do not say whose they are, and counts them
// as hidden: user 0 would be one more person that nobody knows.
func listingOf(id target.GroupID, found list[boxapi.Membership]) target.Listing {
	l := target.Listing{
		Group:       id,
		Memberships: make([]target.Membership, 0, len(found.entries)),
		Users:       make([]target.User, 0, len(found.entries)),
		Truncated:   found.truncated,
	}
	if !found.truncated {
		l.Hidden = max(0, found.total-len(found.entries))
	}
	for _, m := range found.entries {
		if m.User.ID == 0 {
			l.Hidden++
			continue
		}
		user := target.UserID(m.User.ID)
		l.Users = append(l.Users, target.User{
			ID: user, Login: m.User.Login, Name: m.User.Name, Standing: target.Standing{App: appLogin(m.User.Login)},
		})
		l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(m.ID), User: user, Role: roleOf(m.Role)})
	}
	return l
}

// askEach asks about each of the items, as many at a time as the reader may, and
// returns the answers in the order of the items. It stops at the first error.
func askEach[T, A any](ctx context.Context, r *Reader, items []T, ask func(context.Context, T) (A, error)) ([]A, error) {
	answers := make([]A, len(items))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(r.concurrency)
	for i, item := range items {
		g.Go(func() (err error) {
			answers[i], err = ask(ctx, item)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return answers, nil
}

// limited makes a call wait for one of the reader's slots.
func limited[T any](r *Reader, call func(context.Context, int) (boxapi.Page[T], error)) func(context.Context, int) (boxapi.Page[T], error) {
	return func(ctx context.Context, offset int) (boxapi.Page[T], error) {
		if err := r.slots.Acquire(ctx, 1); err != nil {
			return boxapi.Page[T]{}, context.Cause(ctx)
		}
		defer r.slots.Release(1)
		return call(ctx, offset)
	}
}
