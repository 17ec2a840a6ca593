package cmd

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the program's version",
		Long: `version prints the version of the program, the commit that it was built from if
that is known, and the version of Go. It reads nothing.`,
		Example: `  rollcall version`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if _, err := fmt.Fprintln(env.Stdout, versionLine()); err != nil {
				return fmt.Errorf("write to standard output: %w", err)
			}
			return nil
		},
	}
}

// versionLine names the version, the commit where it is known, and the Go
// version, as the build recorded them.
func versionLine() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "rollcall (built without version information)"
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development build"
	}
	commit := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			commit = ", commit " + s.Value[:12]
		}
	}
	return "rollcall " + version + commit + ", " + info.GoVersion
}

// programVersion is the version for machines, and in saved plans.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

// userAgent is what the program calls itself towards Box.
func userAgent() string { return "rollcall/" + programVersion() }
