package stories_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/played"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// box is a story's Box: an emulator behind a server that counts for itself, and
// with troubles of its own.
//
// What somebody does there by hand:
//
//	box add GROUP LOGIN [ROLE], box remove GROUP LOGIN, box role GROUP LOGIN ROLE
//	box create GROUP [IDENTIFIER], box delete GROUP, box rename FROM TO
//	box mark GROUP IDENTIFIER, box describe GROUP TEXT, box everybody NAME
//	box person LOGIN NAME, box gone LOGIN    an account comes, or goes with its memberships
//	box login OLD NEW        an account has another login; the old one stays an alias
//	box alias LOGIN ADDRESS, box unalias LOGIN ADDRESS
//	box status LOGIN STATUS, box enterprise-role LOGIN ROLE, box barrier LOGIN NAME
//
// What is wrong with it:
//
//	box is WHAT…             of the app, as [played.Box.Is] lists it
//	box enterprise ID        another enterprise, with the same groups
//	box fresh                it has nobody and nothing
//	box speaks WHAT          html, silence or hangup, to everything
//	box down                 nobody listens there
//	box faults KEY=VALUE…    as [emulator.Faults] has them in JSON
//	box pages N              no page has more than N rows
//	box fails 'METHOD PATH' WHAT [page=N] [after=N] [times=N] [code=CODE]
//	                         such requests have trouble: the Nth page of a list only; but for the first N; N of them.
//	                         In a path, which begins behind /2.0, {NAME} is the id of a group, by its name, or of a user,
//	                         by their login, and a * at the end is anything
//	box kills N              the next run dies when its Nth write took effect, before it hears of it
//	box well                 all of this is over, but for what the app is
//
// WHAT is a status, hangup, silence, html, cut (the body ends early), clean-cut
// (and looks as if it did not), lost (it is carried out, and nobody hears of it),
// hides=N (the last N rows are not shown, and still counted), loses=N (nor
// counted), empty (a list without rows), or a body: {…}.
type box struct {
	*played.Box

	w *world
	trouble

	first scene // how the story begins
	last  scene // before the judged run
}

func newBox(w *world, seed []byte) *box {
	w.Helper()
	b := &box{w: w}
	b.Box = played.NewBox(w, b.filled("900001", seed))
	b.Talk = b.talk
	b.first = b.scene()
	return b
}

func (b *box) filled(enterprise string, seed []byte) *emulator.Server {
	emulated := emulator.New(emulator.Options{EnterpriseID: enterprise})
	if seed == nil {
		var err error
		seed, err = os.ReadFile("testdata/box.csv")
		require.NoError(b.w, err)
		seed = b.w.source.seed(seed)
	}
	require.NoError(b.w, emulated.LoadSeed(bytes.NewReader(seed), "box.csv"))
	return emulated
}

// remember begins to count.
func (b *box) remember() {
	b.last = b.scene()
	b.Forget()
}

// step makes this Box another.
func (b *box) step(step []string) {
	b.w.Helper()
	args := step[1:]
	switch step[0] {
	case "is":
		b.Is(args...)
	case "enterprise":
		b.Server = b.filled(args[0], nil)
	case "fresh":
		b.Server = emulator.New(emulator.Options{})
	case "speaks":
		b.Talk = played.Speaks(b.w, args[0])
	case "down":
		b.Down()
	case "faults":
		b.SetFaults(b.faults(args))
	case "pages":
		b.pages = b.w.Number(args[0])
	case "fails":
		b.fails(args)
	case "kills":
		b.killAt = b.w.Number(args[0])
	case "well":
		b.Talk, b.pages, b.orders, b.killAt = b.talk, 0, nil, 0
		b.SetFaults(emulator.Faults{})
	default:
		require.NoError(b.w, b.byHand(step[0], args), step)
	}
}

// faults reads faults as words.
func (b *box) faults(words []string) emulator.Faults {
	b.w.Helper()
	values := map[string]any{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			values[key] = n
		} else {
			values[key] = value
		}
	}
	text, err := json.Marshal(values)
	require.NoError(b.w, err)
	var faults emulator.Faults
	require.NoError(b.w, json.Unmarshal(text, &faults))
	require.NoError(b.w, faults.Validate())
	return faults
}

// byHand does what somebody does in Box who is not rollcall.
func (b *box) byHand(what string, args []string) error {
	at := func(i int) string { return strings.Join(args[min(i, len(args)):min(i+1, len(args))], "") }
	var err error
	switch what {
	case "add":
		_, err = b.AddMember(at(0), at(1), cmp.Or(at(2), "member"))
	case "remove":
		err = b.RemoveMember(at(0), at(1))
	case "role":
		err = b.SetRole(at(0), at(1), at(2))
	case "create":
		_, err = b.AddGroup(at(0), at(1))
	case "delete":
		err = b.RemoveGroup(at(0))
	case "rename":
		err = b.RenameGroup(at(0), at(1))
	case "mark":
		err = b.SetIdentifier(at(0), at(1))
	case "describe":
		err = b.SetDescription(at(0), at(1))
	case "everybody":
		_, err = b.AddAllUsersGroup(at(0))
	case "person":
		_, err = b.AddUser(emulator.User{Login: at(0), Name: at(1)})
	case "gone":
		err = b.RemoveUser(at(0))
	case "login":
		err = b.SetLogin(at(0), at(1))
	case "alias":
		err = b.AddAlias(at(0), at(1))
	case "unalias":
		err = b.RemoveAlias(at(0), at(1))
	case "status":
		err = b.SetStatus(at(0), at(1))
	case "enterprise-role":
		err = b.SetEnterpriseRole(at(0), at(1))
	case "barrier":
		err = b.SetBarrier(at(0), at(1))
	default:
		err = errors.New("box has no such step")
	}
	return err
}
