package plan_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// BenchmarkDiffNewDomain compares one group in which everybody has another account than
// in Box. Ten times the people are to take ten times as long, not a hundred times.
func BenchmarkDiffNewDomain(b *testing.B) {
	for _, people := range []int{5_000, 50_000} {
		b.Run(strconv.Itoa(people), func(b *testing.B) {
			builder := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
			all := builder.Group("All", "All", "")
			s := target.Snapshot{Groups: []target.Group{{ID: 1, Name: "All", Identifier: "rollcall:main:hr:All"}}}
			l := target.Listing{Group: 1}
			for i := range people {
				login := source.NewLogin(fmt.Sprintf("new%d@acme.example", i))
				builder.Add(all, builder.Person(login.Key(), "", login), source.Unstated, 0)
				old, now := target.UserID(i+1), target.UserID(people+i+1)
				s.Users = append(s.Users, target.User{ID: old, Login: fmt.Sprintf("old%d@acme.com", i)}, target.User{ID: now, Login: login.String()})
				l.Memberships = append(l.Memberships, target.Membership{ID: target.MembershipID(i + 1), User: old, Role: target.RoleMember})
			}
			s.Listings = []target.Listing{l}
			roster := builder.Build()
			for b.Loop() {
				_, err := plan.Diff(roster, s, plan.Options{Instance: "main", Remove: true})
				require.NoError(b, err)
			}
		})
	}
}
