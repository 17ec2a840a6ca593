package ldap

import (
	"context"
	"errors"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// peopleStream reads the people that the search finds, until it is known that the
// groups name but few of a large directory; those are looked up instead.
type peopleStream struct {
	r      *reading
	groups chan struct{} // closed once the groups are read
	seen   int
}

// Whether people are read all or looked up is decided once so many were seen, so that
// it does not depend on which stream is faster: then this one waits for the groups.
// It reads on unless the groups name at most fewPeople that were not seen yet.
const (
	largeDirectory = 50_000
	fewPeople      = 5_000
)

// strategy is these two numbers; tests have others.
type strategy struct{ large, few int }

func newPeopleStream(r *reading) *peopleStream {
	return &peopleStream{r: r, groups: make(chan struct{})}
}

func (s *peopleStream) groupsAreRead() { close(s.groups) }

// errEnough ends a search of which no more is needed.
var errEnough = errors.New("enough was read")

func (s *peopleStream) read(ctx context.Context, c *wire.Conn) error {
	r := s.r
	search := wire.Search{
		Base: r.config.Users.BaseDN, Scope: r.config.Users.Scope, Filter: r.config.Users.Filter,
		Attributes: r.config.userAttributes(), PageSize: r.config.PageSize,
	}
	before := 0
	refs, err := r.everywhere(ctx, c, search, func(_ *wire.Conn, page wire.Page) error {
		if before < r.strategy.large && s.seen >= r.strategy.large {
			if enough, err := s.enough(ctx); enough || err != nil {
				return errors.Join(err, errEnough)
			}
		}
		before = s.seen
		s.seen += len(page.Entries)
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range page.Entries {
			if err := r.takePerson(e, false); err != nil {
				return err
			}
		}
		return nil
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.people = s.seen
	r.counts.peopleElsewhere = distinctTexts(refs)
	if errors.Is(err, errEnough) && ctx.Err() == nil {
		r.counts.lookedUp = true
		return nil
	}
	return err
}

// enough reports whether what is left to be known is better looked up.
func (s *peopleStream) enough(ctx context.Context) (bool, error) {
	select {
	case <-s.groups:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	return len(s.r.unknownMembers()) <= s.r.strategy.few, nil
}
