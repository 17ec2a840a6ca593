package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// topic is a page of the help that belongs to no command.
type topic struct {
	name, short string
	page        func(width int) string
}

func topics() []topic {
	return []topic{
		{"environment", "The variables that rollcall looks at", environmentPage},
		{"exit-codes", "What the exit codes mean, and which of several wins", exitCodesPage},
		{"reading-a-plan", "The words in a plan: what they mean, and what to do", planPage},
	}
}

// newTopics returns a command for each topic, which does nothing but be found.
func newTopics() []*cobra.Command {
	var all []*cobra.Command
	for _, t := range topics() {
		all = append(all, &cobra.Command{Use: t.name, Short: t.short, Long: t.page(helpWidth)})
	}
	return all
}

// topicPage returns the page of a topic, if the command is one.
func topicPage(c *cobra.Command, width int) (string, bool) {
	if !c.IsAdditionalHelpTopicCommand() {
		return "", false
	}
	for _, t := range topics() {
		if t.name == c.Name() {
			return t.page(width) + "\n", true
		}
	}
	return "", false
}

func exitCodesPage(width int) string {
	return exitHelpAt(width) + "\n\n" + reflow(exitRule(), width)
}

func planPage(width int) string {
	var b strings.Builder
	b.WriteString(reflow(`A plan lists changes, what is due and held, and findings. A change is shown as +
for what comes, - for who leaves and ~ for what becomes another; saved plans,
JSON and what became of it have the words below. A hold and a finding begin with
theirs, and under a hold stands what to type to let it through.`, width) + "\n")
	for _, part := range []struct {
		title string
		words []planWord
	}{
		{"Changes", changeWords()},
		{"Why a change is due", causeWords()},
		{"What holds a change (where the name is that of a limit, look at the changes; " +
			"if they are right, type what stands below the hold, or raise the limit)", ruleWords()},
		{"Findings", findingWords()},
		{"What became of a change", outcomeWords()},
	} {
		fmt.Fprintf(&b, "\n%s:\n", strings.Join(wrap(part.title, width-len(":")), "\n"))
		for _, w := range part.words {
			text := w.meaning
			if w.next != "" {
				text += "\n→ " + w.next
			}
			define(&b, "  "+w.word, planColumn, text, width)
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// planColumn is where the meanings stand on the page reading-a-plan.
const planColumn = 24

func environmentPage(width int) string {
	var b strings.Builder
	b.WriteString(reflow(`Every flag can be set by a variable: ROLLCALL_, and the flag's name in capitals
with _ for -. A flag that is typed wins. What makes a run write, or write more,
is typed and never set: --confirm, --allow, --empty-orphan, --digest,
--without-source and --off. A flag that is repeatable is set once.`, width) + "\n\n")
	for _, v := range []struct{ name, meaning string }{
		{"ROLLCALL_CONFIG", "the configuration, as --config"},
		{"ROLLCALL_DRY_RUN", "true: write nothing to Box, even with --confirm"},
		{"ROLLCALL_VERBOSE", "true: show everything"},
		{"NO_COLOR", "not empty: no colour. Output that is no terminal never has any"},
		{"TERM", "dumb: no colour"},
		{"COLUMNS", "how wide the terminal is, if it does not say so itself"},
		{"TMPDIR", "where the demo puts its files; nothing else needs it"},
		{"HTTPS_PROXY, NO_PROXY", "the way to Box, unless target.box.proxy names one"},
		{"SSL_CERT_FILE", "the authorities that are trusted, instead of the system's"},
	} {
		define(&b, "  "+v.name, planColumn+1, v.meaning, width)
	}
	b.WriteString("\n" + reflow(`Secrets are in the variables that the configuration names, such as
client_secret: {env: BOX_CLIENT_SECRET}. Times are shown in UTC; TZ and the
language of the system change nothing.`, width))
	return b.String()
}
