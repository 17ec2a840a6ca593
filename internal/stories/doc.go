// Package stories is a table of what happens to companies that keep groups in
// step with a directory, and holds the built program to what it does then. It has
// tests only.
//
// Each story runs the binary as a process, in a directory of its own, against a
// Box of its own that is served by the test. It goes on for some nights: sources,
// Box, configuration and time change, and runs are judged. Of each, the exit code,
// stdout and stderr are compared whole, and the exact set of writes: what took
// effect, as the emulator has noted it, and how many write requests were sent,
// those that Box refused included. In the end it is compared what became of Box.
// Tests of the tests show that each of these is noticed.
//
// # Adding a story
//
// The files in testdata/table are txtar archives, one for each theme. A section
// belongs to the story before its first slash:
//
//	-- half-a-file/story --
//	# What happened, and why nobody may lose access.
//	incident: awslabs/ssosync#278
//	given sync --confirm
//	cut groups.csv 700
//	run tonight sync --confirm
//
// With UPDATE=1, go test writes a line exit N behind each run, and the sections
// NAME.stdout, NAME.stderr and NAME.writes for a run of that name, and box for the
// story. Read them as whoever would lose access: is every write one that should
// be? A section that is empty is left out, but the writes say none.
//
// A story begins with the files of testdata/good, in which six groups have 32
// people, and with a Box filled from testdata/box.csv, which is in step with them.
// A directory has the same groups and people, and its Box knows the groups by what
// the directory knows them by. Nothing is remembered: most stories begin with a given
// run, the last good night.
// A section box.csv is another Box to begin with; all others replace or add files,
// encoded as package played has it.
//
// The stories of directories need OpenLDAP; without it they are skipped, and say so.
//
// In files and steps, ${BOX} is the address of Box, ${BOX_HOST} its host and port,
// ${DIR} the story's directory, and ${IN 48h} is the time in two days. In what runs
// print, ${TODAY} is the day, and ${TODAY -2} the day two nights ago. The
// configuration is rollcall.yaml unless a run says otherwise.
//
// The section story has one step a line. Words are separated by blanks; '…' holds
// one as it is, and "…" is a Go string.
//
//	incident: OWNER/REPOSITORY#N…   the issues or pull requests elsewhere in which people were hurt like that
//	promise: WORDS           or which of our promises it is; TestStories knows which there are. One of the two must be there
//	kind: KIND…              the kinds of source, as source_test.go lists them; csv. All is compared of the first. Of the
//	                         others it is the exit codes, the writes, and what became of Box
//	run NAME ARG…            a run that is judged
//	run as-told ARG…         one that ends with a line of --allow as an earlier run printed it; a name that begins so will do
//	exit N                   behind it: the exit code that is expected; -1 for a run that was killed
//	given ARG…               a run that is not, and ends with 0 or 7
//	meanwhile N              the run in the next line is made while the one after that goes on, when its Nth write took
//	                         effect and before it hears of it. The writes of both are those of the latter
//	later DURATION           so much time passes: what is remembered, configured and modified is that much older. Where a
//	                         message counts the hours, half a minute more keeps it from wavering
//	config SECTION           put a section of rollcall.yaml in the place of the one of its name, such as 'limits: {adds: 3}'
//	source WHAT ARG…         change what the source says, as source_test.go lists it
//	box WHAT ARG…            somebody changes Box by hand, or it has trouble, as box_test.go lists it
//	gzip FILE                pack it, as FILE.gz
//	checksum FILE            write FILE.sha256
//	env, replace, cut, remove, mkdir, chmod, copy, stdin, age, wait   as [played.Place.Step] lists them
//	needs permissions        skip where nobody but root can be had
//
// Trouble that no run meets fails the story, and so does a change that changes
// nothing: such a story would prove nothing.
package stories
