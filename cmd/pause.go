package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

type pauseOptions struct {
	config string
	groups []string
	until  string
	reason string
	off    bool

	pause plan.Pause // what the flags ask for; with --off only its group counts
}

func newPauseCommand(env *Env) *cobra.Command {
	o := &pauseOptions{}
	c := &cobra.Command{
		Use:   "pause -c FILE",
		Short: "Leave groups alone for a while, or show what is left alone",
		Long: `pause has all later runs leave groups alone until a time: nobody is added or
removed there, and nothing is created or renamed. Every run prints its pauses
first. Without --group everything is paused. To pause the same group again
replaces what was said of it before.

With --off a pause ends: that of --group or, without it, the one of everything,
and no other. Without any of this, pause shows what is paused, and by whom: the
configuration can do so as well, and ends its own.

The pause is kept below run.state_dir, for this instance and enterprise; Box is
asked which that is, in one call, and nothing is written to it. A run that is
under way goes on without it.`,
		Example: `  rollcall pause -c rollcall.yaml --group 'Finance*' --until 2026-12-31 \
    --reason audit
  rollcall pause -c rollcall.yaml --until 24h --reason CHG0042
  rollcall pause -c rollcall.yaml --group 'Finance*' --off
  rollcall pause -c rollcall.yaml`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.parse(c, env.now()); err != nil {
				return err
			}
			return runPause(c.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.config, "config", "c", "", "configuration `FILE` (required)")
	f.StringArrayVar(&o.groups, "group", nil, "the groups whose name, in the source or in Box, matches the glob `PATTERN`")
	f.StringVar(&o.until, "until", "", "until the end of a day in UTC, a `TIME`, or for so long: 2026-12-31, 2026-12-31T18:00:00+01:00, 24h, 7d")
	f.StringVar(&o.reason, "reason", "", "why, as a `TEXT` that every run prints")
	f.BoolVar(&o.off, "off", false, "end the pause")
	return c
}

// parse reads what the flags hold.
func (o *pauseOptions) parse(c *cobra.Command, now time.Time) (err error) {
	if o.config == "" {
		return usageError(c, errors.New("no configuration: give one with --config FILE"))
	}
	if err := givenEmpty(c, "group", "until", "reason"); err != nil {
		return err
	}
	if text := o.unfit(); text != "" {
		return usageError(c, errors.New(text))
	}
	o.pause = plan.Pause{Group: everyGroup(), Reason: strings.TrimSpace(o.reason), Set: now}
	if len(o.groups) > 0 {
		if fault := nameFault(o.groups[0]); fault != "" {
			return usageError(c, fmt.Errorf("--group %q, %s", o.groups[0], fault))
		}
		if strings.ContainsFunc(o.groups[0], unicode.IsControl) {
			return usageError(c, fmt.Errorf("--group %q has a control character", o.groups[0]))
		}
		if o.pause.Group, err = source.ParsePattern(o.groups[0]); err != nil {
			return usageError(c, fmt.Errorf("--group: %w", err))
		}
	}
	if o.until == "" {
		return nil
	}
	if o.pause.Until, err = pauseEnd(o.until, now); err != nil {
		return usageError(c, fmt.Errorf("--until %q %w", shortened(o.until), err))
	}
	return nil
}

// unfit says which flags do not go together, or are not what they should be.
func (o *pauseOptions) unfit() string {
	switch {
	case len(o.groups) > 1:
		return fmt.Sprintf("--group is given %d times; pause one after the other, or all that a pattern means, such as 'Fin*'", len(o.groups))
	case o.off && (o.until != "" || o.reason != ""):
		return "--off ends a pause, and goes with neither --until nor --reason"
	case o.off:
		return ""
	case o.until == "" && o.reason != "":
		return "--reason needs --until: when it is over, such as 2026-12-31 or 7d"
	case o.until == "" && len(o.groups) > 0:
		return "--group needs --until and --reason to pause it, or --off to end that"
	case o.until != "" && o.reason == "":
		return "--until needs --reason: every run prints it"
	case !utf8.ValidString(o.reason) || strings.ContainsFunc(o.reason, unicode.IsControl):
		return fmt.Sprintf("--reason is %q; write it on one line, in UTF-8", shortened(o.reason))
	default:
		return ""
	}
}

// longestPause is the longest that a pause can be set for: a year, and its last day.
// The end of more is a slip of the finger, or nobody remembers it.
const longestPause = 367 * day

// pauseEnd reads when a pause is over: as the configuration says it, or how long it
// lasts from now on.
func pauseEnd(text string, now time.Time) (time.Time, error) {
	end, ok := parseUntil(text)
	if !ok {
		length, err := parseDuration(text)
		if err != nil {
			return end, errors.New("is no such time; write a day such as 2026-12-31, which ends at midnight UTC, " +
				"a time such as 2026-12-31T18:00:00+01:00, or how long it lasts, such as 24h or 7d")
		}
		end = now.Add(length).Truncate(time.Second)
	}
	switch {
	case !end.After(now):
		return end, fmt.Errorf("is over already: it is %s", now.Format(time.RFC3339))
	case end.After(now.Add(longestPause)):
		return end, errors.New("is more than a year away; what is to be left alone for longer belongs into the configuration, under pause or groups.exclude")
	default:
		return end, nil
	}
}

// runPause shows, sets or ends.
func runPause(ctx context.Context, env *Env, o *pauseOptions) error {
	c, err := loadConfig(o.config)
	if err != nil {
		return err
	}
	if c.Run.StateDir == "" {
		return o.withoutState(env, c)
	}
	dir, err := pauseDir(ctx, env, c)
	if err != nil {
		return err
	}
	switch {
	case o.off:
		return o.end(ctx, env, c, dir)
	case o.until != "":
		return o.set(ctx, env, c, dir)
	default:
		set, err := dir.Pauses()
		if err != nil {
			return err
		}
		return showPauses(env, c, set, "")
	}
}
