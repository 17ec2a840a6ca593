package plan_test

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// The size of design.md §11: a million memberships on either side, of which
// one in a hundred differs.
const (
	benchGroups = 1000
	benchPeople = 100_000
	benchEach   = 1000 // memberships in a group
)

// benchWorld puts person (g·97 + i) into group g. In Box every hundredth is
// somebody else.
func benchWorld() (*source.Roster, target.Snapshot) {
	b := source.NewBuilder(source.Evidence{Name: "hr", GroupsComplete: true})
	s := target.Snapshot{}
	people := make([]source.PersonIndex, benchPeople)
	for i := range people {
		login := source.NewLogin(fmt.Sprintf("person.number%d@acme.example", i))
		people[i] = b.Person(login.Key(), "", login)
		s.Users = append(s.Users, target.User{ID: target.UserID(i + 1), Login: login.String()})
	}
	for g := range benchGroups {
		name := "group-" + strconv.Itoa(g)
		i := b.Group(name, name, "")
		id := target.GroupID(g + 1)
		s.Groups = append(s.Groups, target.Group{ID: id, Name: name, Identifier: "rollcall:main:hr:" + name})
		l := target.Listing{Group: id, Memberships: make([]target.Membership, 0, benchEach)}
		for n := range benchEach {
			who := (g*97 + n) % benchPeople
			b.Add(i, people[who], source.Unstated, 0)
			if n%100 == 50 {
				who = (who + benchEach + 1) % benchPeople
			}
			l.Memberships = append(l.Memberships, target.Membership{
				ID: target.MembershipID(g*benchEach + n + 1), User: target.UserID(who + 1), Role: target.RoleMember,
			})
		}
		s.Listings = append(s.Listings, l)
	}
	return b.Build(), s
}

// BenchmarkDiff1M compares a million memberships with a million. peak-RSS-MB is
// that of the whole process, the input on both sides included, when it has
// compared once, as a run does; cpu-ms/op counts the garbage collector too.
func BenchmarkDiff1M(b *testing.B) {
	r, s := benchWorld()
	forgetPeak(b)
	var p *plan.Plan
	var peak float64
	before, n := cpuTime(b), 0
	for b.Loop() {
		var err error
		if p, err = plan.Diff(r, s, options(unlimited)); err != nil {
			b.Fatal(err)
		}
		if n++; n == 1 {
			peak = peakRSS(b)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(n), "cpu-ms/op")
	b.ReportMetric(peak, "peak-RSS-MB")
	if c := p.Counts(); c.Add != 10_000 || c.Remove != 10_000 {
		b.Fatalf("the plan has %+v", c)
	}
}

// BenchmarkDiff1MYardstick is the same comparison as anybody would write it:
// two sets of strings.
func BenchmarkDiff1MYardstick(b *testing.B) {
	r, s := benchWorld()
	b.ResetTimer()
	for b.Loop() {
		logins := map[target.UserID]string{}
		for _, u := range s.Users {
			logins[u.ID] = u.Login
		}
		have := map[string]bool{}
		for i, l := range s.Listings {
			for _, m := range l.Memberships {
				have[s.Groups[i].Name+"/"+logins[m.User]] = true
			}
		}
		add := 0
		for _, g := range r.Groups() {
			for _, m := range g.Members {
				key := g.Name + "/" + r.Person(m.Person).Key
				if have[key] {
					delete(have, key)
				} else {
					add++
				}
			}
		}
		if add != 10_000 || len(have) != 10_000 {
			b.Fatalf("%d to add, %d to remove", add, len(have))
		}
	}
}

// cpuTime returns the processor time that this process has used, in user and
// in system mode (getrusage(2)).
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// forgetPeak gives the garbage of building the input back and makes the kernel
// count the peak anew (clear_refs of proc(5)), so that what is measured is the
// comparison with its input in memory.
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Logf("the peak includes building the input: %v", err)
	}
}

// peakRSS returns the largest resident set of this process so far, in MB, as
// the kernel counted it (VmHWM of proc(5)), or 0 where there is no /proc.
func peakRSS(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}
