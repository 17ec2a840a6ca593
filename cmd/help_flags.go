package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagGroup is a part of a command's flags, with a heading of its own in the
// help.
type flagGroup struct {
	title string
	flags *pflag.FlagSet
}

// titleKey is the annotation of a flag that names its heading.
const titleKey = "rollcall_title"

// addFlagGroups gives a command its flags, each group under its title.
func addFlagGroups(c *cobra.Command, groups []flagGroup) {
	c.Flags().SortFlags = false
	for _, g := range groups {
		g.flags.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{titleKey: {g.title}} })
		c.Flags().AddFlagSet(g.flags)
	}
}

// flagTitle is a heading, and the flags below it in their order.
type flagTitle struct {
	title string
	names []string
}

// flagTitles are the headings of the flags that several commands share. A flag that
// is not here comes last.
func flagTitles() []flagTitle {
	return []flagTitle{
		{"What the run is about", []string{"config", "group", "skip-removals", "empty-orphan", "allow", "offline", "without-source"}},
		{"Agreeing", []string{"confirm", "dry-run", "digest", "change-ref", "approved-by"}},
		{"Pausing", []string{"until", "reason", "off"}},
		{"Output", []string{"out", "report", "format", "verbose", "detailed-exitcode"}},
	}
}

// groupsOf sorts the flags of a command below their headings.
func groupsOf(c *cobra.Command) []flagGroup {
	var groups []flagGroup
	seen := map[string]bool{}
	add := func(title string, f *pflag.Flag) {
		i := slices.IndexFunc(groups, func(g flagGroup) bool { return g.title == title })
		if i < 0 {
			i = len(groups)
			groups = append(groups, flagGroup{title, newFlags()})
		}
		groups[i].flags.AddFlag(f)
		seen[f.Name] = true
	}
	for _, shared := range flagTitles() {
		for _, name := range shared.names {
			if f := c.Flags().Lookup(name); f != nil && f.Annotations[titleKey] == nil {
				add(shared.title, f)
			}
		}
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch own := f.Annotations[titleKey]; {
		case own != nil:
			add(own[0], f)
		case !seen[f.Name]:
			add("Flags", f)
		}
	})
	return groups
}

func newFlags() *pflag.FlagSet {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.SortFlags = false
	return f
}

// writeFlags writes the flags under their headings, and which of them the
// environment cannot set.
func writeFlags(b *strings.Builder, c *cobra.Command, width int) {
	settable := ""
	var typed []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Name == "help" || f.Name == "version":
		case notFromEnv(f.Name):
			typed = append(typed, "--"+f.Name)
		case settable == "" || f.Name == "config":
			settable = f.Name
		}
	})
	for _, g := range groupsOf(c) {
		fmt.Fprintf(b, "\n%s:\n", reflow(g.title, width-len(":")))
		writeFlagSet(b, g.flags, width)
	}
	if settable == "" {
		return
	}
	text := fmt.Sprintf("The environment sets flags, too: %s for --%s.", variableOf(settable), settable)
	if len(typed) > 0 {
		text += " It does not set " + strings.Join(typed, ", ") + "."
	}
	b.WriteString("\n" + strings.Join(wrap(text, width), "\n") + "\n")
}

// writeFlagSet writes the flags beside what they do or, on a narrow terminal, above
// it.
func writeFlagSet(b *strings.Builder, flags *pflag.FlagSet, width int) {
	const least = 72
	if width >= least {
		b.WriteString(flags.FlagUsagesWrapped(width))
		return
	}
	flags.VisitAll(func(f *pflag.Flag) {
		name, usage := pflag.UnquoteUsage(f)
		term := "  --" + f.Name
		if f.Shorthand != "" {
			term = "  -" + f.Shorthand + ", --" + f.Name
		}
		if name != "" {
			term += " " + name
		}
		if f.DefValue != "" && f.Value.Type() == "string" {
			usage += fmt.Sprintf(" (default %q)", f.DefValue)
		}
		define(b, term, 0, usage, width)
	})
}
