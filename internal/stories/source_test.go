package stories_test

// source is where a story's groups come from, and what becomes of them there. It
// is made with what is in testdata/good, or in the story's own files, and ends
// with the test.
//
// All kinds know the same changes, so that a story that uses no other can be told
// of each of them:
//
//	source add GROUP LOGIN…          people are in a group; a role, admin or member, may come last
//	source remove GROUP LOGIN…       they are not any more
//	source role GROUP LOGIN ROLE     somebody has a role
//	source leave LOGIN…              people are in no group any more
//	source login OLD NEW             somebody has another address
//	source empty GROUP               a group has nobody
//	source drop GROUP                a group is not named any more
//	source rename GROUP NAME         a group has another name
//	source copy FROM GROUP           all of one group are in another, too
//
// Those of a directory know more; see there.
type source interface {
	change(step []string)
	// names are pairs of a word that files and steps may have, and what it stands
	// for, as [played.Place.Names] has them.
	names() [][2]string
	// seed makes, of the Box that is in step with a CSV file, one that is in step
	// with this.
	seed(csv []byte) []byte
	// steady replaces in what a run printed what differs from run to run.
	steady(text string) string
	// unmet lists the trouble that no run has met.
	unmet() []string
}

// kind is a kind of source.
type kind struct {
	good  string // files that take the place of those in testdata/good, or ""
	start func(*world) source
}

// kinds are the kinds of source, by the name in a story's line kind.
func kinds() map[string]kind {
	return map[string]kind{
		"csv":   {"", newTable},
		"ldap":  {"testdata/good-ldap", func(w *world) source { return newDirectory(w, false) }},
		"posix": {"testdata/good-posix", func(w *world) source { return newDirectory(w, true) }},
	}
}
