package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// benchPlan has 200,000 changes in 2,000 groups.
func benchPlan() *plan.Plan {
	p := &plan.Plan{Header: plan.Header{Instance: "main", EnterpriseID: "900001", Limits: plan.DefaultLimits()}}
	for g := range 2000 {
		name := fmt.Sprintf("group-%d", g)
		key := source.GroupKey{Source: "hr", ID: name}
		group := plan.GroupRef{Key: key, Identifier: key.Identifier("main"), ID: target.GroupID(1_000_000 + g), Name: name}
		p.Groups = append(p.Groups, plan.GroupSummary{Group: group, Current: 1000})
		for i := range 100 {
			n := (g*97 + i) % 100_000
			c := plan.Change{
				Kind: plan.Remove, Group: group, Membership: target.MembershipID(10_000_000_000 + g*1000 + i),
				User: target.User{
					ID: target.UserID(20_000_000_000 + n), Login: fmt.Sprintf("person.number%d@acme.example", n), Name: fmt.Sprintf("Person Number %d", n),
				},
				Before: target.RoleMember, Cause: plan.Unexplained,
			}
			c.ID = idOf(c)
			p.Changes = append(p.Changes, c)
		}
	}
	return p
}

// BenchmarkFile200k writes a plan of 200,000 changes and reads it back. The
// peaks are those of the whole process, the plan included, when it has done so
// once, as a run does: the plan that is written, the plan that has been read.
func BenchmarkFile200k(b *testing.B) {
	path := filepath.Join(b.TempDir(), "plan.jsonl")
	p := benchPlan()
	digest := p.Digest()
	b.Run("write", func(b *testing.B) {
		forgetPeak(b)
		peak := 0.0
		for b.Loop() {
			f, err := os.Create(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := plan.Write(f, p); err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			if peak == 0 {
				peak = peakRSS(b)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(info.Size())
		b.ReportMetric(peak, "peak-RSS-MB")
	})
	p = nil
	b.Run("read", func(b *testing.B) {
		forgetPeak(b)
		peak := 0.0
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			p, err = plan.Read(f)
			if err != nil {
				b.Fatal(err)
			}
			if err := f.Close(); err != nil {
				b.Fatal(err)
			}
			if peak == 0 {
				peak = peakRSS(b)
			}
		}
		b.ReportMetric(peak, "peak-RSS-MB")
		if len(p.Changes) != 200_000 || p.Digest() != digest {
			b.Fatal("another plan was read")
		}
	})
}
