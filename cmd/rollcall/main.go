// Command rollcall keeps Box groups in step with a directory.
package main

import (
	"os"

	"github.com/rollcall-sync/rollcall/cmd"
)

func main() { os.Exit(cmd.Main()) }
