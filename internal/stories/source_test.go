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
type source interface {
	change(step []string)
}

// kinds are the kinds of source, by the name in a story's line kind:, each as what
// starts one.
func kinds() map[string]func(*world) source {
	return map[string]func(*world) source{"csv": newTable}
}
