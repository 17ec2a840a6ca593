package cmd

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// shell is a shell that commands and flags can be completed in.
type shell struct {
	name     string
	generate func(root *cobra.Command, w io.Writer) error
}

func shells() []shell {
	return []shell{
		{"bash", generateBash},
		{"zsh", (*cobra.Command).GenZshCompletion},
		{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", (*cobra.Command).GenPowerShellCompletionWithDesc},
	}
}

// The library's script quotes a completion if it is the only one. Of several, bash
// inserts what they have in common: unquoted, "Project " ends the word, and what is
// typed next belongs to no flag.
const (
	quotesOne = `        if (( ${#COMPREPLY[@]} == 1 )); then
            COMPREPLY[0]=$(printf "%q" "${COMPREPLY[0]}")
        fi
`
	quotesAll = `        if (( ${#COMPREPLY[@]} > 0 )); then
            IFS=$'\n' read -ra COMPREPLY -d '' < <(printf "%q\n" "${COMPREPLY[@]}")
        fi
`
)

func generateBash(root *cobra.Command, w io.Writer) error {
	var script strings.Builder
	if err := root.GenBashCompletionV2(&script, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, strings.Replace(script.String(), quotesOne, quotesAll, 1))
	return err
}

func newCompletionCommand(env *Env) *cobra.Command {
	names := make([]string, len(shells()))
	for i, s := range shells() {
		names[i] = s.name
	}
	usage := strings.Join(names, "|")
	return &cobra.Command{
		Use:   "completion " + usage,
		Short: "Print a script that completes commands and flags in a shell",
		Long: `completion prints a script that lets a shell complete the commands and flags of
rollcall, the names of files that they take, and those of groups: from the CSV
of the configuration that is typed already, or that ROLLCALL_CONFIG names. Box
is not asked. Load it for this session, or keep it where the shell looks at its
start:

  bash, with the package bash-completion
    source <(rollcall completion bash)
    rollcall completion bash > /etc/bash_completion.d/rollcall
  zsh, after autoload -U compinit; compinit
    source <(rollcall completion zsh)
    rollcall completion zsh > "${fpath[1]}/_rollcall"
  fish
    rollcall completion fish | source
    rollcall completion fish > ~/.config/fish/completions/rollcall.fish
  PowerShell; to keep it, add the line to the file $PROFILE
    rollcall completion powershell | Out-String | Invoke-Expression`,
		Example:               `  source <(rollcall completion bash)`,
		DisableFlagsInUseLine: true,
		ValidArgs:             names,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(c, errors.New("completion takes one shell: "+usage))
			}
			for _, s := range shells() {
				if s.name != args[0] {
					continue
				}
				if err := s.generate(c.Root(), env.Stdout); err != nil {
					return fmt.Errorf("write to standard output: %w", err)
				}
				return nil
			}
			return usageError(c, fmt.Errorf("no completion for the shell %q; there is %s", args[0], usage))
		},
	}
}
