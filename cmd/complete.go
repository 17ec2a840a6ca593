package cmd

import (
	"context"
	"os"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rollcall-sync/rollcall/plan"
	groupsync "github.com/rollcall-sync/rollcall/sync"
)

// completionPatience is how long the sources may take to tell the names of their
// groups: somebody waits at the keyboard.
const completionPatience = 2 * time.Second

// addCompletion tells the shells what each flag and argument of the commands can
// be. Box is never asked; what cannot be read is passed over in silence, since the
// shell has no place for an error.
func addCompletion(c *cobra.Command, env *Env) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		// It fails for a flag that is not there or has one already.
		_ = c.RegisterFlagCompletionFunc(f.Name, flagCompletion(c, env, f.Name))
	})
	if c.ValidArgsFunction == nil && c.ValidArgs == nil {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, sub := range c.Commands() {
		addCompletion(sub, env)
	}
}

func flagCompletion(c *cobra.Command, env *Env, name string) cobra.CompletionFunc {
	switch name {
	case "config":
		return endsIn("yaml", "yml")
	case "out":
		if c.Name() == "export" {
			return endsIn("csv")
		}
		return endsIn("jsonl")
	case "seed":
		return endsIn("csv")
	case "report", "state", "app-settings":
		return endsIn("json")
	case "format":
		return cobra.FixedCompletions(showFormats(), cobra.ShellCompDirectiveNoFileComp)
	case "group":
		return func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return beginning(typed, patternsOf(groupNames(c, env))), cobra.ShellCompDirectiveNoFileComp
		}
	case "allow":
		return func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return completeAllowance(typed, func(limit string) []string {
				if limit == string(plan.RuleSourceShrink) {
					return sourceNames(c, env)
				}
				return groupNames(c, env)
			})
		}
	default:
		return cobra.NoFileCompletions
	}
}

// endsIn completes names of files with one of the endings, and of directories.
func endsIn(endings ...cobra.Completion) cobra.CompletionFunc {
	return cobra.FixedCompletions(endings, cobra.ShellCompDirectiveFilterFileExt)
}

// completeSaved completes the one saved plan, or the run, that a command takes.
func completeSaved(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return cobra.NoFileCompletions(c, args, typed)
	}
	return endsIn("jsonl")(c, args, typed)
}

// completeHelp completes commands and topics, also those below a command.
func completeHelp(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	about, err := helpFor(c.Root(), args)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var all []string
	for _, sub := range about.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			all = append(all, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return beginning(typed, all), cobra.ShellCompDirectiveNoFileComp
}

// completeAllowance completes LIMIT[:GROUP]=VALUE, one part after the other. The
// names of groups, or of what else the limit takes, are asked for where one may stand.
func completeAllowance(typed string, names func(limit string) []string) ([]cobra.Completion, cobra.ShellCompDirective) {
	const more = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	limit, _, scoped := strings.Cut(typed, ":")
	var all []string
	switch head, _, valued := strings.Cut(typed, "="); {
	case scoped && takesGroup(limit):
		for _, name := range names(limit) {
			all = append(all, limit+":"+name+"=")
			if onlyAllows(limit) {
				all[len(all)-1] += "allow"
			}
		}
	case valued && onlyAllows(head):
		all = []string{head + "=allow"}
	case !valued && !scoped:
		for _, name := range limitNames() {
			if takesGroup(name) {
				all = append(all, name+":")
			}
			all = append(all, name+"=")
		}
	}
	return beginning(typed, all), more
}

// limitNames returns the names of the limits: of the words that a plan may have for
// what holds changes, those that --allow takes.
func limitNames() []string {
	var names []string
	for _, w := range ruleWords() {
		if allowable(w.word+"=1") || allowable(w.word+"=allow") {
			names = append(names, w.word)
		}
	}
	return names
}

func takesGroup(limit string) bool {
	return allowable(limit+":group=1") || allowable(limit+":group=allow")
}

// onlyAllows reports whether allow is the one value that a limit takes.
func onlyAllows(limit string) bool {
	return allowable(limit+"=allow") && !allowable(limit+"=1")
}

func allowable(text string) bool {
	_, err := plan.ParseAllowance(text)
	return err == nil
}

// beginning returns the words that begin with what was typed.
func beginning(typed string, words []string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return !strings.HasPrefix(word, typed) })
}

// patternsOf returns patterns that match the names and nothing else. A set of one
// character is plain to every shell; of two backslashes, zsh leaves one.
func patternsOf(names []string) []string {
	literal := strings.NewReplacer(`\`, `\\`, "*", "[*]", "?", "[?]", "[", "[[]")
	for i, name := range names {
		names[i] = literal.Replace(name)
	}
	return names
}

// groupNames returns the names of the groups in the files of the configuration that
// is typed already or that the environment names, as far as they can be read in
// time. Standard input and pipes are not read: the program that follows would miss
// what was taken.
func groupNames(c *cobra.Command, env *Env) []string {
	config, err := configToComplete(c, env)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.Context(), completionPatience)
	defer cancel()
	var names []string
	for _, s := range config.Sources {
		if s.CSV == nil || s.CSV.Path == "-" {
			continue
		}
		if info, err := os.Stat(config.path(s.CSV.Path)); err == nil && !info.Mode().IsRegular() {
			continue
		}
		if opened, err := newSource(&Env{}, config, s); err == nil {
			names = append(names, namesIn(ctx, opened)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sourceNames returns the names of the sources of that configuration.
func sourceNames(c *cobra.Command, env *Env) []string {
	config, err := configToComplete(c, env)
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range config.Sources {
		names = append(names, s.Name)
	}
	return names
}

func configToComplete(c *cobra.Command, env *Env) (*config, error) {
	path := c.Flag("config").Value.String()
	if path == "" {
		path, _ = env.LookupEnv(variableOf("config"))
	}
	return loadConfig(path)
}

// namesIn returns the names of a source's groups, or none once the time is over:
// also where the source does not notice, as on a disk that does not answer.
func namesIn(ctx context.Context, s groupsync.Source) []string {
	read := make(chan []string, 1)
	go func() {
		var names []string
		if roster, err := s.Read(ctx); err == nil {
			for i := range roster.Groups() {
				// The shells' protocol has a line for each, with a tab after the name.
				if name := roster.Groups()[i].Name; !strings.ContainsFunc(name, unicode.IsControl) {
					names = append(names, name)
				}
			}
		}
		read <- names
	}()
	select {
	case names := <-read:
		return names
	case <-ctx.Done():
		return nil
	}
}
