// Package layout holds the rules of this repository that neither the compiler
// nor a linter can hold alone, and its tests hold the repository to them: which
// package may import which, how long a file and a function may be, what must be
// documented, and what must not stand at package level.
//
// Each rule is a function from parsed files to violations, so that a test can
// feed it a few lines that break the rule. Files are parsed, not compiled: the
// rules also speak while a package does not build, and they see the files of
// every operating system.
//
// # Changing a rule
//
// A new package gets a line in [Layers], a new dependency one in [Owners] and
// a row in docs/dependencies.md. The linter's depguard rules say the same once
// more, so that an editor shows a wrong import while it is typed.
//
// No other package imports this one.
package layout
