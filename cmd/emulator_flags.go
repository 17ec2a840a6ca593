package cmd

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

type emulatorOptions struct {
	listen, seed, state string
	appSettings         string
	clockOffset         time.Duration
	admin, verbose      bool
	requestsPerMinute   int
	burst               int
	faults              emulator.Faults
	faultSeed           int64
}

func (o *emulatorOptions) flagGroups() []flagGroup {
	return []flagGroup{
		{"Flags", o.serverFlags()},
		{"Faults of single requests (a SHARE of them, from 0 to 1; each meets one)", o.requestFaults()},
		{"Faults of tokens and rates", o.limitFaults()},
		{"Faults of lists", o.listFaults()},
		{"All faults", o.allFaults()},
	}
}

func (o *emulatorOptions) serverFlags() *pflag.FlagSet {
	f := newFlags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:8787", "`ADDRESS` to listen on; port 0 takes a free one")
	f.StringVar(&o.seed, "seed", "", "CSV `FILE` of users, groups and memberships to begin with")
	f.StringVar(&o.state, "state", "", "JSON `FILE` that keeps the state; if it exists, the seed is not read")
	f.StringVar(&o.appSettings, "app-settings", "", "write the app's settings with a new key pair to this `FILE`, for auth.jwt")
	f.IntVar(&o.requestsPerMinute, "requests-per-minute", 0, "answer 429 to one user above the rate `N`; 0 is no limit")
	f.IntVar(&o.burst, "burst", 0, "how many may come at once, `N`; 0 is one second's worth")
	f.DurationVar(&o.clockOffset, "clock-offset", 0, "Box's clock is ahead by this `TIME`, or with - behind")
	f.BoolVar(&o.admin, "admin", false, "serve /_emulator/, with which faults are switched while it runs")
	f.BoolVar(&o.verbose, "verbose", false, "tell each request on stderr")
	f.BoolP("help", "h", false, "this text")
	return f
}

func (o *emulatorOptions) requestFaults() *pflag.FlagSet {
	f := newFlags()
	f.DurationVar(&o.faults.Latency, "latency", 0, "wait `TIME` before each answer")
	f.Float64Var(&o.faults.ErrorBefore, "fail-before", 0, "`SHARE` answered 5xx and not carried out")
	f.Float64Var(&o.faults.ErrorAfter, "fail-after", 0, "`SHARE` answered 5xx although they were carried out")
	f.Float64Var(&o.faults.ResetBefore, "reset-before", 0, "`SHARE` whose connection breaks, and not carried out")
	f.Float64Var(&o.faults.ResetAfter, "reset-after", 0, "`SHARE` whose connection breaks after they were carried out")
	f.Float64Var(&o.faults.Truncate, "truncate", 0, "`SHARE` whose answer is cut in the middle; carried out")
	f.Float64Var(&o.faults.LateApply, "late-apply", 0, "`SHARE` of writes answered 503 and carried out later")
	f.DurationVar(&o.faults.LateBy, "late-by", 0, "how much later, as a `TIME`; 0 is one second")
	f.Float64Var(&o.faults.TemporaryConflict, "temporary-conflict", 0,
		"`SHARE` of writes answered 409 with a code that asks to try again")
	return f
}

func (o *emulatorOptions) limitFaults() *pflag.FlagSet {
	f := newFlags()
	f.Float64Var(&o.faults.RateLimited, "fail-429", 0, "`SHARE` answered 429 although there is no limit")
	f.DurationVar(&o.faults.RetryAfter, "retry-after", 0, "`TIME` that such a 429 asks to wait; 0 is one second")
	f.Float64Var(&o.faults.RetryAfterDates, "retry-after-dates", 0, "`SHARE` of such 429s that say it as a date")
	f.Float64Var(&o.faults.Unauthorised, "fail-401", 0, "`SHARE` whose token ends before its time")
	f.DurationVar(&o.faults.TokenLifetime, "token-lifetime", 0, "`TIME` that a token lives; 0 is one hour")
	return f
}

func (o *emulatorOptions) listFaults() *pflag.FlagSet {
	f := newFlags()
	f.DurationVar(&o.faults.VisibleAfter, "visible-after", 0, "lists show what was true a `TIME` ago")
	for _, l := range []struct {
		list        string
		churn, hide *int
	}{
		{"groups", &o.faults.ChurnGroups, &o.faults.HideGroups},
		{"members", &o.faults.ChurnMembers, &o.faults.HideMembers},
		{"users", &o.faults.ChurnUsers, &o.faults.HideUsers},
	} {
		f.IntVar(l.churn, "churn-"+l.list, 0, "after every `N` pages of a list of "+l.list+" a row in front of it comes or goes")
		f.IntVar(l.hide, "hide-"+l.list, 0, "drop `N` rows from the end of every page of "+l.list)
	}
	return f
}

func (o *emulatorOptions) allFaults() *pflag.FlagSet {
	f := newFlags()
	f.Int64Var(&o.faultSeed, "fault-seed", 0, "`N` decides which requests meet a fault")
	f.BoolVar(&o.faults.OnToken, "faults-on-token", false, "the token endpoint meets faults, too")
	return f
}

// check refuses values that no server can serve.
func (o *emulatorOptions) check() error {
	if err := o.faults.Validate(); err != nil {
		wrong, isFault := errors.AsType[*emulator.FaultError](err)
		if !isFault {
			return err
		}
		return fmt.Errorf("--%s %s", strings.ReplaceAll(wrong.Key, "_", "-"), wrong.Reason)
	}
	switch {
	case o.requestsPerMinute < 0 || o.burst < 0:
		return errors.New("--requests-per-minute and --burst are 0 or more")
	case o.burst > 0 && o.requestsPerMinute == 0:
		return errors.New("--burst says how many requests may come at once, and needs --requests-per-minute")
	}
	return nil
}
