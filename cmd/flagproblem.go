package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError says in our words what the parser of flags found.
func flagError(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		err = unknownFlag(c, unknown)
	} else if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		f := missing.GetFlag()
		what, _ := pflag.UnquoteUsage(f)
		err = fmt.Errorf("--%s needs a value: %s", f.Name, what)
	} else if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		err = fmt.Errorf("--%s %q: %s", wrong.GetFlag().Name, wrong.GetValue(), wantOf(wrong.GetFlag()))
	}
	return usageError(c, err)
}

// wantOf says what a flag takes.
func wantOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "bool":
		return "it is given without a value, or as true or false"
	case "duration":
		return "write a time as 90s, 15m or 24h"
	case "float64":
		return "want a number, such as 0.05"
	default:
		return "want a whole number"
	}
}

// unknownFlag names the flag that was probably meant, if one is near.
func unknownFlag(c *cobra.Command, unknown *pflag.NotExistError) error {
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return fmt.Errorf("unknown flag -%s", name)
	}
	best, distance := "", 3
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := editDistance(name, f.Name); !f.Hidden && d < distance && d < len(name) {
			best, distance = f.Name, d
		}
	})
	switch others := commandsWith(c.Root(), name); {
	case len(others) > 0:
		return fmt.Errorf("unknown flag --%s; it is for rollcall %s", name, strings.Join(others, ", "))
	case best == "":
		return fmt.Errorf("unknown flag --%s", name)
	default:
		return fmt.Errorf("unknown flag --%s; did you mean --%s?", name, best)
	}
}

// commandsWith lists the commands that have a flag of the name.
func commandsWith(root *cobra.Command, name string) []string {
	var out []string
	for _, c := range root.Commands() {
		if f := c.LocalFlags().Lookup(name); f != nil && !f.Hidden {
			out = append(out, c.Name())
		}
	}
	return out
}

// givenEmpty refuses flags that are given with nothing in them, as a variable that is
// not set has them: what was to be asked for would go unasked.
func givenEmpty(c *cobra.Command, names ...string) error {
	for _, name := range names {
		f := c.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		if slices.ContainsFunc(values, func(value string) bool { return strings.TrimSpace(value) == "" }) {
			return usageError(c, fmt.Errorf("--%s is given with nothing in it; is a variable not set?", name))
		}
	}
	return nil
}
