package sourcetest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/sourcetest"
)

// said is a source that reads a world as it is.
type said sourcetest.World

func (w said) Read(ctx context.Context) (*source.Roster, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	b := source.NewBuilder(source.Evidence{Name: "world", Kind: "world", Origin: w.Name, GroupsComplete: true})
	groups := map[string]source.GroupIndex{}
	for _, g := range w.Groups {
		name := strings.TrimSpace(g.Name)
		groups[name] = b.Group(name, name, "world")
		b.Describe(groups[name], g.Description, 0)
		for _, m := range g.Members {
			login := source.NewLogin(m.Login)
			b.Add(groups[name], b.Person(login.Key(), m.Name, login), m.Role, 0)
		}
	}
	for _, l := range w.Left {
		var logins []source.Login
		if login := source.NewLogin(l.Login); !login.IsZero() {
			logins = append(logins, login)
		}
		p := b.Person("left "+l.Name, l.Name, logins...)
		for _, g := range l.Listed {
			b.Add(groups[g], p, source.Unstated, 0)
		}
		b.Leaver(p)
	}
	return b.Build(), nil
}

// The suite asks nothing that the vocabulary cannot say.
func TestSuite_ofWorlds(t *testing.T) {
	t.Parallel()
	open := func(_ *testing.T, w sourcetest.World) sourcetest.Source { return said(w) }
	t.Run("worlds", func(t *testing.T) { t.Parallel(); sourcetest.Run(t, open) })
	t.Run("leavers", func(t *testing.T) { t.Parallel(); sourcetest.RunLeavers(t, open) })
}
