package cmd

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// helpWidth is how wide help is, where the terminal is not narrower.
const helpWidth = 80

// helpWidth returns how wide help is to be. Text is hard to read in lines longer
// than 80, however wide the terminal.
func (env *Env) helpWidth() int {
	const least = 20
	if width := env.outWidth(); width > 0 && width < helpWidth {
		return max(width, least)
	}
	return helpWidth
}

// useHelp gives the program its help: every command's has the same parts in the
// same order, and is as wide as the terminal.
func useHelp(root *cobra.Command, env *Env) {
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		writeHelp(c.OutOrStdout(), c, env.helpWidth())
	})
	root.SetHelpCommand(newHelpCommand())
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Tell about a command or a topic",
		Long: `help prints what a command reads and writes, its flags and its exit codes: what
the command prints with --help. It also has pages that belong to no command.`,
		Example: `  rollcall help sync
  rollcall help reading-a-plan
  rollcall help config schema`,
		DisableFlagsInUseLine: true,
		ValidArgsFunction:     completeHelp,
		RunE: func(c *cobra.Command, args []string) error {
			about, err := helpFor(c.Root(), args)
			if err != nil {
				return &exitError{code: exitUsage, err: err, hint: "rollcall help lists the commands and topics"}
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

// helpFor finds the command or topic that is asked about.
func helpFor(c *cobra.Command, args []string) (*cobra.Command, error) {
	for _, name := range args {
		var next *cobra.Command
		var names []string
		for _, sub := range c.Commands() {
			names = append(names, sub.Name())
			if sub.Name() == name {
				next = sub
			}
		}
		if next == nil {
			text := fmt.Sprintf("no help about %q", strings.Join(args, " "))
			if near := nearestName(name, names); near != "" {
				text += "; did you mean " + near + "?"
			}
			return nil, errors.New(text)
		}
		c = next
	}
	return c, nil
}

// nearestName returns the name that somebody who typed this may have meant, or "".
func nearestName(typed string, names []string) string {
	best, distance := "", max(2, len(typed)/3)+1
	for _, name := range names {
		if d := editDistance(typed, name); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// writeHelp writes all that is known of a command. An error of the writer is kept
// by the one that the program writes to; see [watched].
func writeHelp(w io.Writer, c *cobra.Command, width int) {
	var b strings.Builder
	if page, ok := topicPage(c, width); ok {
		b.WriteString(page)
	} else {
		b.WriteString(reflow(c.Long, width) + "\n")
		writeUsage(&b, c, width)
	}
	_, _ = io.WriteString(w, b.String())
}

func writeUsage(b *strings.Builder, c *cobra.Command, width int) {
	b.WriteString("\nUsage:\n")
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(b, "  %s COMMAND\n", c.CommandPath())
	} else {
		fmt.Fprintf(b, "  %s\n", c.UseLine())
	}
	writeCommands(b, c, width)
	if c.Example != "" {
		fmt.Fprintf(b, "\nExamples:\n%s\n", c.Example)
	}
	writeFlags(b, c, width)
	fmt.Fprintf(b, "\n%s\n", exitHelpAt(width, exitsOf(c)...))
	if !c.HasParent() {
		b.WriteString("\n" + reflow(`rollcall COMMAND --help tells more about a command.`, width) + "\n")
	}
}

func writeCommands(b *strings.Builder, c *cobra.Command, width int) {
	if !c.HasAvailableSubCommands() {
		return
	}
	column := 0
	for _, sub := range c.Commands() {
		column = max(column, len("  ")+len(sub.Name())+len("  "))
	}
	list := func(title string, wanted func(*cobra.Command) bool) {
		for _, sub := range c.Commands() {
			if !wanted(sub) {
				continue
			}
			if title != "" {
				fmt.Fprintf(b, "\n%s:\n", title)
				title = ""
			}
			define(b, "  "+sub.Name(), column, sub.Short, width)
		}
	}
	list("Commands", func(c *cobra.Command) bool { return c.IsAvailableCommand() })
	list("Topics, for rollcall help", (*cobra.Command).IsAdditionalHelpTopicCommand)
}

// define writes a term and what it means, in a column of its own. Where that would
// leave no room for words, what it means stands below. Lines of it stay lines.
func define(b *strings.Builder, term string, column int, meaning string, width int) {
	const below = 6
	lead := fmt.Sprintf("%-*s", column, term)
	if len(term) >= column || width-column < width/2 {
		b.WriteString(term + "\n")
		lead, column = strings.Repeat(" ", below), below
	}
	for paragraph := range strings.SplitSeq(meaning, "\n") {
		for _, line := range wrap(paragraph, width-column) {
			b.WriteString(strings.TrimRight(lead+line, " ") + "\n")
			lead = strings.Repeat(" ", column)
		}
	}
}

// reflow breaks text that was written for 80 columns into lines of the width. What
// is indented is there to be copied, and stays; what a wide gap parts from it, and
// has no room beside it, stands below.
func reflow(text string, width int) string {
	if width >= helpWidth {
		return text
	}
	var out, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, wrap(strings.Join(paragraph, " "), width)...)
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasPrefix(line, " ") {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		out = append(out, atGap(line, width)...)
	}
	flush()
	return strings.Join(out, "\n")
}

// atGap breaks an indented line at its wide gap, if it has one and is too wide.
func atGap(line string, width int) []string {
	text := strings.TrimLeft(line, " ")
	term, meaning, parted := strings.Cut(text, "  ")
	if !parted || len([]rune(line)) <= width {
		return []string{line}
	}
	indent := line[:len(line)-len(text)]
	lines := []string{indent + term}
	for _, part := range wrap(strings.TrimSpace(meaning), width-len(indent)-len("    ")) {
		lines = append(lines, indent+"    "+part)
	}
	return lines
}
