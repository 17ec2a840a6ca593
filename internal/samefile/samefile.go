// Package samefile tells whether two paths mean one file. What is written must not
// be what is read, whichever of the two somebody else wrote down.
package samefile

import (
	"os"
	"path/filepath"
)

// Are reports whether two paths mean one file, or would if there were one. An empty
// path means none.
func Are(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	a, errX = filepath.Abs(a)
	b, errY = filepath.Abs(b)
	return errX == nil && errY == nil && a == b
}
