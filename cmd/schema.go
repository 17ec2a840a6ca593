package cmd

import (
	_ "embed"
	"fmt"

	"github.com/spf13/cobra"
)

// configSchema is the JSON Schema of the configuration. A test makes it from the
// type config and what is said of each key, and fails if it is not up to date.
//
//go:embed config.schema.json
var configSchema string

func newConfigCommand(env *Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "About the configuration file",
		Long: `config tells about the configuration file. An example with every key is
config.example.yaml; check --offline looks whether a file can be used.`,
		Example: `  rollcall config schema > rollcall.schema.json
  rollcall check -c rollcall.yaml --offline`,
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError(c, unknownCommand(c, args[0]))
			}
			return c.Help()
		},
	}
	c.AddCommand(&cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for editors",
		Long: `schema prints the JSON Schema (draft 2020-12) of the configuration. With it, an
editor completes keys, shows what they mean and marks mistakes while you type.
Most editors read YAML with yaml-language-server, which takes the schema from a
line in the file:

  # yaml-language-server: $schema=rollcall.schema.json

The schema asks for quotes round a text that YAML would take for a number, and
cannot see all that check sees: whether two sources share a name, for one.`,
		Example: `  rollcall config schema > rollcall.schema.json`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprint(env.Stdout, configSchema); err != nil {
				return fmt.Errorf("write to standard output: %w", err)
			}
			return nil
		},
	})
	return c
}
