package cmd

import (
	"io"

	"github.com/spf13/cobra"
)

// quietRoot is the program as a test looks at it.
func quietRoot() *cobra.Command {
	return newRoot(&Env{Stdout: io.Discard, Stderr: io.Discard, LookupEnv: func(string) (string, bool) { return "", false }})
}

// ExitsOf returns the command that arguments name, and the exit codes of its help.
func ExitsOf(args []string) (command string, codes []int) {
	root := quietRoot()
	c, _, err := root.Find(args)
	if err != nil {
		c = root
	}
	return c.CommandPath(), exitsOf(c)
}
