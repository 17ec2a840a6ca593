// Package examples holds the example data of the documentation, the demo and
// the tests: a small company, acme, and what Box knows of it. README.md beside
// this file says what each file is and what a plan of them shows.
package examples

import "embed"

// Acme holds the files of the company as acme/groups.csv, acme/box.csv and so
// on.
//
//go:embed acme/*.csv
var Acme embed.FS
