package cmd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-sync/rollcall/cmd"
	"github.com/rollcall-sync/rollcall/internal/conformance"
	"github.com/rollcall-sync/rollcall/internal/loopback"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// The scripts run the real program. Their own commands are:
//
//	box start [seed [ENTERPRISE]]   serve an emulator, filled from the seed; its address is $BOX_URL
//	box writes N          fail unless Box was sent N write requests since the last start or reset
//	box effects [FILE]    fail unless exactly the effects listed in the file took place since then
//	box reset             count from here
//	box members GROUP LOGIN… fail unless exactly these are in the group ("login role")
//	box fail N STATUS     answer the next N requests with the status
//	box inject METHOD PREFIX STATUS TIMES   answer such requests with the status
//	box latency DURATION  answer slowly
//	box rename FROM TO    rename a group, as somebody in Box would
//	box add GROUP LOGIN ROLE, box drop GROUP LOGIN, box role GROUP LOGIN ROLE    likewise a membership
//	box login FROM TO     likewise a login; the old one is no alias
//	box promote LOGIN     make somebody a co-admin
//	box alias LOGIN EMAIL     give somebody an e-mail alias
//	box delete GROUP, box mark GROUP IDENTIFIER, box describe GROUP TEXT    likewise a group
//	box settings GROUP DESCRIPTION PROVENANCE INVITABILITY VIEWABILITY   fail unless the group has exactly these
//	box everybody NAME    add the built-in group of all users
//	box hide GROUPS MEMBERS   drop so many rows from the end of every page of them
//	config FILE           replace ${BOX_URL} in the file
//	exits CODE PROGRAM…   run the program and fail unless it ends with the code, and the command's help lists it
//	directory …           serve an OpenLDAP; see directoryCommand
//	freeport VARIABLE     set the variable to a loopback address that nobody listens on
//	listening ADDRESS     wait until somebody listens there
//	http METHOD URL [BODY]   send a request and print the answer's body; fail unless it is 2xx
//
// The program takes the time from $NOW, unless that is empty. With $DISK, no file
// that it writes grows over so many bytes from the moment at which a run below
// state has a journal.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"rollcall": func() { os.Exit(cmd.Main(clockFromEnv, diskFromEnv)) },
	})
}

func clockFromEnv(env *cmd.Env) {
	if now, err := time.Parse(time.RFC3339, os.Getenv("NOW")); err == nil {
		env.Now = func() time.Time { return now }
	}
}

// diskFromEnv makes the disk full, in the middle of a run.
func diskFromEnv(*cmd.Env) {
	bytes, err := strconv.ParseUint(os.Getenv("DISK"), 10, 64)
	if err != nil {
		return
	}
	go func() {
		for {
			if found, _ := filepath.Glob("state/*/runs/*/journal.jsonl"); len(found) > 0 {
				if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes}); err != nil {
					panic(err)
				}
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
}

func TestScripts(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	description := boxDescription(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE") != "",
		Setup: func(e *testscript.Env) error {
			e.Setenv("BOX_CLIENT_SECRET", "emulator-secret")
			e.Setenv("PROJECT", root)
			e.Setenv("NOW", "2026-11-20T18:00:00Z") // a Friday
			e.Values["box"] = &boxServer{t: e.T(), description: description}
			e.Values["directory"] = directoryOf(e.T())
			if err := os.CopyFS(filepath.Join(e.WorkDir, "acme"), os.DirFS(filepath.Join(root, "examples", "acme"))); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(e.WorkDir, "rollcall.yaml"), []byte(standardConfig), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"box":    boxCommand,
			"config": configCommand,
			"exits":  exitsCommand,
			"app":    appCommand,

			"directory": directoryCommand,

			"freeport":  freePortCommand,
			"listening": listeningCommand,
			"http":      httpCommand,
		},
	})
}

// standardConfig is every script's rollcall.yaml, until it writes another.
const standardConfig = `version: 1
sources:
  - name: hr
    csv: {path: acme/groups.csv}
target:
  box:
    base_url: ${BOX_URL}
    auth:
      ccg: {client_id: emulator, client_secret: {env: BOX_CLIENT_SECRET}, enterprise_id: "900001"}
    rate: {requests_per_minute: 0}
    retry: {max_attempts: 3, base: 1ms, max_wait: 10ms}
log: {level: error}
`

// boxServer is a script's emulator.
type boxServer struct {
	*emulator.Server

	t           testscript.T
	description *conformance.Description // nil: nothing is held against it
}

// boxDescription reads the description in BOX_OPENAPI; nil if there is none,
// which internal/conformance says loudly enough.
func boxDescription(t *testing.T) *conformance.Description {
	t.Helper()
	path := os.Getenv("BOX_OPENAPI")
	if path == "" {
		return nil
	}
	description, err := conformance.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return description
}

// checked returns the emulator as a handler. With a description, a script fails
// in the end if anything that was sent or answered differs from it.
func (b *boxServer) checked(ts *testscript.TestScript) http.Handler {
	if b.description == nil {
		return b.Server
	}
	checker := b.description.Checker()
	ts.Defer(func() { // too late for Fatalf of the script
		found := checker.Violations()
		for _, v := range found {
			b.t.Log("not as Box describes its API:", v)
		}
		if len(found) > 0 {
			b.t.FailNow()
		}
	})
	return checker.Wrap(b.Server)
}

func boxCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: box start|writes|effects|reset|members|fail|inject|latency|rename|everybody|hide")
	}
	b, _ := ts.Value("box").(*boxServer)
	if args[0] != "start" && b.Server == nil {
		ts.Fatalf("box start comes first")
	}
	switch args[0] {
	case "start":
		b.start(ts, args[1:])
	case "reset":
		b.ResetStats()
	case "writes":
		if got := b.Stats().Writes; got != number(ts, args[1]) {
			ts.Fatalf("Box was sent %d write requests, not %s", got, args[1])
		}
	case "effects":
		b.effects(ts, args[1:])
	case "members":
		want := strings.Join(args[2:], "\n")
		if got := strings.Join(b.Members(args[1]), "\n"); got != want {
			ts.Fatalf("%s has\n%s\nand not\n%s", args[1], got, want)
		}
	case "fail":
		b.FailNext(number(ts, args[1]), number(ts, args[2]))
	case "inject":
		b.Inject(emulator.Failure{
			Method: args[1], PathPrefix: args[2], Status: number(ts, args[3]), Times: number(ts, args[4]),
		})
	case "latency":
		d, err := time.ParseDuration(args[1])
		ts.Check(err)
		b.SetFaults(emulator.Faults{Latency: d})
	case "rename":
		ts.Check(b.RenameGroup(args[1], args[2]))
	case "settings":
		b.settings(ts, args[1:])
	case "add", "drop", "role", "delete", "mark", "describe", "login", "promote", "alias":
		b.byHand(ts, args)
	case "everybody":
		_, err := b.AddAllUsersGroup(args[1])
		ts.Check(err)
	case "hide":
		b.SetFaults(emulator.Faults{HideGroups: number(ts, args[1]), HideMembers: number(ts, args[2])})
	default:
		ts.Fatalf("box has no command %q", args[0])
	}
}

// byHand makes a change in Box that is not rollcall's.
func (b *boxServer) byHand(ts *testscript.TestScript, args []string) {
	var err error
	switch args[0] {
	case "add":
		_, err = b.AddMember(args[1], args[2], args[3])
	case "drop":
		err = b.RemoveMember(args[1], args[2])
	case "role":
		err = b.SetRole(args[1], args[2], args[3])
	case "delete":
		err = b.RemoveGroup(args[1])
	case "login":
		err = errors.Join(b.SetLogin(args[1], args[2]), b.RemoveAlias(args[2], args[1]))
	case "promote":
		err = b.SetEnterpriseRole(args[1], "coadmin")
	case "alias":
		err = b.AddAlias(args[1], args[2])
	case "mark":
		err = b.SetIdentifier(args[1], args[2])
	case "describe":
		err = b.SetDescription(args[1], args[2])
	}
	ts.Check(err)
}

func (b *boxServer) settings(ts *testscript.TestScript, args []string) {
	g, _ := b.Group(args[0])
	got := []string{g.Description, g.Provenance, g.InvitabilityLevel, g.MemberViewabilityLevel}
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("%s has %q and not %q", args[0], got, args[1:])
	}
}

func (b *boxServer) start(ts *testscript.TestScript, seed []string) {
	options := emulator.Options{}
	if len(seed) > 1 {
		options.EnterpriseID = seed[1]
	}
	b.Server = emulator.New(options)
	if len(seed) > 0 {
		ts.Check(b.LoadSeed(strings.NewReader(ts.ReadFile(seed[0])), seed[0]))
	}
	handler := b.checked(ts)
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Setenv("BOX_URL", server.URL)
	rewrite(ts, ts.MkAbs("rollcall.yaml"), server.URL)
}

// effects compares what took effect since the last reset with a file of lines
// such as "add_member Finance ann@acme.example member", in any order.
func (b *boxServer) effects(ts *testscript.TestScript, args []string) {
	got := map[string]int{}
	for _, e := range b.Journal() {
		got[strings.Join(strings.Fields(e.Action+" "+e.Group+" "+e.Login+" "+e.RoleAfter), " ")]++
	}
	if len(args) > 0 {
		for line := range strings.Lines(ts.ReadFile(args[0])) {
			if line = strings.TrimSpace(line); line != "" {
				got[line]--
			}
		}
	}
	for line, n := range got {
		if n != 0 {
			ts.Fatalf("%q took effect %+d times more than it should have", line, n)
		}
	}
}

func configCommand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		rewrite(ts, ts.MkAbs(name), ts.Getenv("BOX_URL"))
	}
}

func rewrite(ts *testscript.TestScript, path, url string) {
	text, err := os.ReadFile(path)
	ts.Check(err)
	ts.Check(os.WriteFile(path, []byte(strings.ReplaceAll(string(text), "${BOX_URL}", url)), 0o600))
}

func exitsCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	if command, codes := cmd.ExitsOf(args[2:]); args[1] == "rollcall" && !slices.Contains(codes, number(ts, args[0])) {
		ts.Fatalf("the help of %s does not list the exit code %s: see commandExits", command, args[0])
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		code = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != number(ts, args[0]) {
		ts.Fatalf("%s ended with exit code %d, not %s", args[1], code, args[0])
	}
}

func freePortCommand(ts *testscript.TestScript, _ bool, args []string) {
	port, err := loopback.Free(context.Background())
	ts.Check(err)
	ts.Setenv(args[0], loopback.Address(port))
}

func listeningCommand(ts *testscript.TestScript, _ bool, args []string) {
	for range 500 {
		if connection, err := new(net.Dialer).DialContext(context.Background(), "tcp", args[0]); err == nil {
			ts.Check(connection.Close())
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("nobody listens on %s", args[0])
}

func httpCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD URL [BODY]")
	}
	body := strings.Join(args[2:], "")
	request, err := http.NewRequestWithContext(context.Background(), args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
	if good := response.StatusCode/100 == 2; good == neg {
		ts.Fatalf("%s %s was answered %s", args[0], args[1], response.Status)
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		ts.Fatalf("%v", fmt.Errorf("want a number: %w", err))
	}
	return n
}
