// Package misuse is a table of what people do wrong, and holds the built program
// to what it says then. It has tests only.
//
// Each case runs the binary as a process, in a directory of its own, as an
// ordinary user, against a Box of its own that is served by the test. Its exit
// code, stdout and stderr are compared whole. Whatever the case, it fails if
//
//   - Box is sent a write request, or has another group or membership afterwards;
//   - a file appears, changes or goes that the case does not name;
//   - a secret, or the first bytes of one, in whatever spelling, is in the output,
//     in a file that was written, or in a command line of the process or a child
//     of it: these are read while the process waits for an answer of Box;
//   - a message speaks of Go instead of what the user did.
//
// Tests of the tests show that each of these is noticed.
//
// # Adding a case
//
// The files in testdata/table are txtar archives, one for each theme. A section
// belongs to the case before its first slash:
//
//	-- no-header/case --
//	# What somebody did.
//	-- no-header/groups.csv --
//	Sales,ann@acme.example
//
// With UPDATE=1, go test writes the exit code and the sections stdout and stderr.
// Read them as somebody would who has had the program for an hour.
//
// A case begins with the files of testdata/good and a Box filled from
// testdata/box.csv, with which a sync works and writes. Its own sections replace
// or add files. Words after a file's name say how it is encoded, in this order:
// quoted (each line is the inside of a Go string, and ends where it says \n),
// utf-16le, utf-16be, windows-1252, bom, gzip, 1000-fold (repeated), trailed (with
// something behind it).
//
// In files and arguments, ${BOX} is the address of Box, ${BOX_HOST} its host and
// port, ${DIR} the case's directory, and ${CCG}, ${FILE}, ${TOKEN}, ${PLAIN} and
// ${PROXY} are the secrets. The same words stand for them in expected output.
//
// The section case has one step a line. Words are separated by blanks; '…' holds
// one as it is, and "…" is a Go string.
//
//	exit N                   the exit code that is expected
//	run ARG…                 the run that is judged, once, at the end; without it: sync -c rollcall.yaml --confirm
//	given ARG…               a run before it, which must work; what it does is not judged
//	env NAME=VALUE, env NAME set a variable, or unset it
//	replace FILE OLD NEW     in a file, where OLD must be; $'s as above
//	cut FILE N               leave the first N bytes, or with -N drop the last
//	remove FILE, mkdir DIR, chmod MODE FILE
//	lock FILE                hold a lock on a file, as another run would
//	stdin FILE               what the run reads there; a directory as it is; otherwise nothing
//	age FILE DURATION        it was modified so long ago
//	wait DURATION            before what follows
//	makes FILE…              these, and what is below them, may appear or change
//	needs permissions        skip where nobody but root can be had
//	box WHAT ARG…            make Box another, as the file box_test.go lists
package misuse
