package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/report"
	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target"
)

// pauseDir opens the state that the pauses are kept in. It asks Box for nothing but
// the enterprise, whose name the directory has. The emulator's is always the same,
// and starting it here would fill it before there are sources.
func pauseDir(ctx context.Context, env *Env, c *config) (*state.Dir, error) {
	if c.Target.Emulator != nil {
		return openState(c, target.Account{EnterpriseID: emulatorEnterprise})
	}
	api, err := newClient(c, env, c.Target.Box, newLogger(env, c.Log))
	if err != nil {
		return nil, err
	}
	me, err := api.Me(ctx, "enterprise")
	if err != nil {
		return nil, &readError{fmt.Errorf("asking Box which enterprise this is: %w", err)}
	}
	var account target.Account
	if me.Enterprise != nil {
		account.EnterpriseID = me.Enterprise.ID.String()
	}
	return openState(c, account)
}

// pausesIn returns the pauses of the configuration and those that were set.
func (c *config) pausesIn(dir *state.Dir) ([]plan.Pause, error) {
	set, err := dir.Pauses()
	if err != nil {
		return nil, err
	}
	return slices.Concat(c.pauses(), set), nil
}

// pausePatience is how long to wait for somebody else who pauses at the same moment,
// which takes as long as writing a small file does.
const pausePatience = 10 * time.Second

// change changes what was set, and returns what is left. Pauses that are over are
// dropped.
func (o *pauseOptions) change(
	ctx context.Context, dir *state.Dir, change func(all []plan.Pause, same int) ([]plan.Pause, error),
) (left []plan.Pause, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, pausePatience, &exitError{
		code: exitUnreadable, err: fmt.Errorf("somebody else has been at it for %s; nothing was changed", pausePatience), hint: "try again",
	})
	defer cancel()
	err = dir.ChangePauses(ctx, func(all []plan.Pause) ([]plan.Pause, error) {
		left, err = change(all, slices.IndexFunc(all, o.isSame))
		left = slices.DeleteFunc(left, func(p plan.Pause) bool { return !p.Until.After(o.pause.Set) })
		return left, err
	})
	return left, err
}

// isSame reports whether a pause is about the group that the flags name: by the same
// pattern, whose case does not count.
func (o *pauseOptions) isSame(p plan.Pause) bool {
	return strings.EqualFold(p.Group.String(), o.pause.Group.String())
}

// set sets the pause in the place of the one before.
func (o *pauseOptions) set(ctx context.Context, env *Env, c *config, dir *state.Dir) error {
	told := o.subject() + " is paused from the next run on."
	left, err := o.change(ctx, dir, func(all []plan.Pause, same int) ([]plan.Pause, error) {
		if same >= 0 {
			if before := all[same]; before.Until.After(o.pause.Set) {
				told = fmt.Sprintf("%s is paused from the next run on. Before, it was so until %s (%s).",
					o.subject(), plan.UntilText(before.Until), before.Reason)
			}
			all = slices.Delete(all, same, same+1)
		}
		return append(all, o.pause), nil
	})
	if err != nil {
		return err
	}
	if err := showPauses(env, c, left, told); err != nil {
		return err
	}
	env.tell("", "The sources were not read: how many groups are meant, the next plan says in its first lines.")
	tellUnderWay(env, dir)
	return nil
}

// end ends the pause.
func (o *pauseOptions) end(ctx context.Context, env *Env, c *config, dir *state.Dir) error {
	told := ""
	left, err := o.change(ctx, dir, func(all []plan.Pause, same int) ([]plan.Pause, error) {
		if same < 0 || !all[same].Until.After(o.pause.Set) {
			return nil, o.notSet(c, all, same)
		}
		told = fmt.Sprintf("%s was paused until %s (%s). This is over from the next run on.",
			o.subject(), plan.UntilText(all[same].Until), all[same].Reason)
		return slices.Delete(all, same, same+1), nil
	})
	if err != nil {
		return err
	}
	if err := showPauses(env, c, left, told); err != nil {
		return err
	}
	tellUnderWay(env, dir)
	return nil
}

// tellUnderWay says that a run which has begun goes by the pauses that it found.
func tellUnderWay(env *Env, dir *state.Dir) {
	if holder, busy := dir.UnderWay(); busy {
		env.tell("", "A run is under way, and goes on as it began: %s.", holder)
	}
}

// notSet says why there is nothing to end, and what there is.
func (o *pauseOptions) notSet(c *config, all []plan.Pause, same int) error {
	text := "rollcall pause has set no pause of " + o.object()
	if same >= 0 {
		text = fmt.Sprintf("the pause of %s was over on its own, until %s", o.object(), plan.UntilText(all[same].Until))
	}
	hint := "nothing is paused"
	lines := []string{"in force is:"}
	if o.object() == "everything" {
		lines[0] = "name with --group what is to end; in force is:"
	}
	for _, p := range c.shownPauses(all, o.pause.Set) {
		if p.Over {
			continue
		}
		where := p.Where
		if where == "" {
			where = "rollcall pause"
		}
		lines = append(lines, fmt.Sprintf("  %s until %s: %s (%s)", p.Group, plan.UntilText(p.Until), p.Reason, where))
	}
	if len(lines) > 1 {
		hint = strings.Join(lines, "\n")
	}
	if i := slices.IndexFunc(c.pauses(), o.isSame); i >= 0 {
		hint = fmt.Sprintf("the configuration pauses it, at %s; take it out there\n%s", c.at("pause", i), hint)
	}
	return &exitError{code: exitInput, err: errors.New(text + "; nothing was changed"), hint: hint}
}

// object names what the flags are about, and subject does so at the beginning of a
// sentence.
func (o *pauseOptions) object() string {
	if o.pause.Group.String() == everyGroup().String() {
		return "everything"
	}
	return strconv.Quote(o.pause.Group.String())
}

func (o *pauseOptions) subject() string {
	if text := o.object(); text != "everything" {
		return text
	}
	return "Everything"
}

// pauseKept is how long a pause that is over is told of.
const pauseKept = 30 * day

// shownPauses returns the pauses of the configuration and those that were set, without
// what was over long ago. What the configuration says is told of however old it is: it
// stands there.
func (c *config) shownPauses(set []plan.Pause, now time.Time) []report.Pause {
	var all []report.Pause
	for i, p := range c.pauses() {
		shown := report.Pause{Group: p.Group.String(), Until: p.Until, Reason: p.Reason, Where: c.at("pause", i), Over: !p.Until.After(now)}
		if shown.Over {
			shown.Where += ", which can go"
		}
		all = append(all, shown)
	}
	for _, p := range set {
		if p.Until.After(now.Add(-pauseKept)) {
			all = append(all, report.Pause{Group: p.Group.String(), Until: p.Until, Reason: p.Reason, Set: p.Set, Over: !p.Until.After(now)})
		}
	}
	return all
}

// showPauses shows what is paused, what was so lately, and then what was done.
func showPauses(env *Env, c *config, set []plan.Pause, done string) error {
	all := c.shownPauses(set, env.now())
	err := report.Pauses(env.Stdout, all, env.textOptions(false))
	if !slices.ContainsFunc(all, func(p report.Pause) bool { return !p.Over }) {
		done = strings.TrimSuffix("Nothing is paused.\n"+done, "\n")
	}
	if err == nil && done != "" {
		err = report.Notice(env.Stdout, "", done, env.outWidth())
	}
	if err != nil {
		return fmt.Errorf("write to standard output: %w", err)
	}
	return nil
}

// withoutState shows what the configuration pauses; nothing else can, where nothing
// lasts from run to run.
func (o *pauseOptions) withoutState(env *Env, c *config) error {
	if !o.off && o.until == "" {
		return showPauses(env, c, nil, "")
	}
	refused := func(hint string) error {
		return &exitError{
			code: exitInput, err: errors.New("run.state_dir is not set, so that rollcall pause can keep nothing for the next run; nothing was changed"), hint: hint,
		}
	}
	if o.off {
		return refused("what is paused ends in the configuration, under pause")
	}
	lines := []string{"put it into " + c.file + " yourself:", "  pause:"}
	if c.has("pause") {
		lines = []string{"put it into the configuration yourself, under pause, at " + c.at("pause") + ":"}
	}
	return refused(strings.Join(append(lines, o.yaml()...), "\n"))
}

// yaml is the pause as the configuration has it.
func (o *pauseOptions) yaml() []string {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return []string{
		"    - group: " + quoted(o.pause.Group.String()),
		"      until: " + plan.UntilText(o.pause.Until),
		"      reason: " + quoted(o.pause.Reason),
	}
}
