package ldap

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// reading is one read, of one server.
type reading struct {
	config   *Config
	strategy strategy
	now      time.Time

	mu         sync.Mutex // for the graph and what follows, while two streams are read
	graph      *graph
	unfinished []unfinished
	counts     counts

	server  *server
	marked  map[ref]bool // the groups that the marker group lists; nil: all count
	partial []string     // why the list of groups is not whole

	companions map[int]int    // the group that says who is admin of a group, both by index
	why        map[ref]string // why a name is elsewhere
	askedFor   map[gid]bool   // whose people were looked up as their primary group
	notPeople  map[ref]bool   // what the configuration says is no person
	veiled     map[ref]bool   // what is there and does not show what it is
	trace      *trace         // nil: nobody will ask why
}

// Read reads everything from one server: from the first of the URLs that answers and
// goes on answering. It never goes on with another one in the middle, as two servers
// differ for minutes, and one's place in a list is nothing to the other: it begins
// anew. A password that is refused is tried nowhere else.
//
// It gives a whole roster or an error, never both and never neither. After ctx is
// cancelled the error is its cause.
func (s *Source) Read(ctx context.Context) (*source.Roster, error) {
	r, err := s.read(ctx, nil)
	if err == nil {
		var roster *source.Roster
		if roster, err = r.roster(); err == nil {
			return roster, nil
		}
	}
	return nil, fmt.Errorf("read source %q: %w", s.config.Name, err)
}

// read reads from the servers in order, until one gives everything. What is traced is
// begun anew with each.
func (s *Source) read(ctx context.Context, trace *trace) (*reading, error) {
	var failures []error
	for _, url := range s.config.URLs {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		r, err := s.readFrom(ctx, url, trace.anew())
		if err == nil {
			for _, failure := range failures {
				r.counts.failed = append(r.counts.failed, failure.Error())
			}
			return r, nil
		}
		failures = append(failures, err)
		e, ok := errors.AsType[*wire.Error](err)
		if ctx.Err() != nil || !ok || !e.Elsewhere() {
			break
		}
	}
	return nil, failed(failures)
}

// readFrom reads everything from one server.
func (s *Source) readFrom(ctx context.Context, url string, trace *trace) (_ *reading, err error) {
	r := &reading{config: &s.config, strategy: s.strategy, now: s.config.Now(), graph: newGraph(s.config.byUID()),
		companions: map[int]int{}, why: map[ref]string{}, askedFor: map[gid]bool{}, notPeople: map[ref]bool{},
		veiled: map[ref]bool{}, trace: trace}
	r.server, err = connect(ctx, &s.config, url)
	if err != nil {
		return nil, err
	}
	defer r.server.close()
	if err := r.readAll(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// readAll reads groups and people, and then whoever is a member and was not among
// them.
func (r *reading) readAll(ctx context.Context) error {
	if err := r.readMarker(ctx); err != nil {
		return err
	}
	if err := r.streams(ctx); err != nil {
		return err
	}
	if err := r.tooFew(); err != nil {
		return err
	}
	if err := r.readLeavers(ctx); err != nil {
		return err
	}
	if err := r.readCompanions(ctx); err != nil {
		return err
	}
	return r.resolve(ctx)
}

// streams reads groups and people, at the same time where there are two connections
// to one server.
func (r *reading) streams(ctx context.Context) error {
	people := newPeopleStream(r)
	if r.server.second == nil {
		if err := r.readGroups(ctx); err != nil {
			return err
		}
		people.groupsAreRead()
		return people.read(ctx, r.server.first)
	}
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error {
		defer people.groupsAreRead()
		return r.readGroups(ctx)
	})
	both.Go(func() error { return people.read(ctx, r.server.second) })
	return both.Wait()
}

// readGroups reads the groups that the search finds.
func (r *reading) readGroups(ctx context.Context) error {
	c := r.config
	search := wire.Search{
		Base: c.Groups.BaseDN, Scope: c.Groups.Scope, Filter: c.Groups.Filter, Attributes: c.groupAttributes(),
		PageSize: min(c.PageSize, groupPage), PageValues: pageValues,
	}
	refs, err := r.everywhere(ctx, r.server.first, search, func(c *wire.Conn, page wire.Page) error {
		all := func(*wire.Entry) bool { return true }
		return r.takeGroups(c, page.Entries, all, func(e *wire.Entry) bool { return r.marked == nil || r.marked[r.graph.refOf(e.DN)] })
	})
	for _, place := range refs {
		r.partial = append(r.partial, "groups at "+place+" were not read, as the server refers to another one for them")
	}
	if err != nil {
		return err
	}
	return r.finish(ctx)
}

// How many groups, and how many of their members, are asked for at once. Pages of
// 1,000 groups with 200 members each cost three times the memory, and save a tenth of
// the time.
const (
	groupPage  = 200
	pageValues = 20_000
)
