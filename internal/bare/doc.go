// Package bare runs the built program where much of what a program finds on a
// machine is missing: an environment, a home, a terminal, a place to write, /proc,
// time zones. It has tests only.
package bare
