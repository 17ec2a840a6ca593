package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

// directoryServer is a script's OpenLDAP, and what stands before it and watches.
type directoryServer struct {
	t     testing.TB // nil where the scripts are not run by go test
	slapd *slapd.Server
	proxy *ldapproxy.Proxy
}

// directory is the command of the scripts for a directory:
//
//	directory start FILE [LIMITS]   serve an OpenLDAP with the LDIF in the file, and what slapd calls limits.
//	                      $LDAP_URL is its ldaps://, $LDAP_PLAIN its ldap://; $LDAP_CA signed its certificate;
//	                      $LDAP_DN may read, with $LDAP_PASSWORD. $LDAP_WATCHED is the same directory, by way of what counts
//	directory change FILE make the changes of the LDIF in the file
//	directory binds N     fail unless there were N attempts to log in to $LDAP_WATCHED from where it counts
//	directory asked N     fail unless there were N connections to $LDAP_WATCHED from where it counts
//	directory forget      count from here
//	directory stop        kill it
//	directory fill FILE…  replace ${LDAP_…} in the files
//	directory shows stdout|stderr FILE   fail unless that is the file's text, where ports are words ($LDAP_FREE is one) and digests, or if
//	                      the password is in either of them
func directoryCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: directory start|change|binds|asked|forget|stop|fill|shows")
	}
	d, _ := ts.Value("directory").(*directoryServer)
	if args[0] != "start" && d.slapd == nil {
		ts.Fatalf("directory start comes first")
	}
	switch args[0] {
	case "start":
		d.start(ts, args[1:])
	case "change":
		d.slapd.Change(d.t, ts.ReadFile(args[1]))
	case "binds":
		d.seen(ts, "passwords", len(d.proxy.Seen().Binds), args[1])
	case "asked":
		d.seen(ts, "connections", d.proxy.Seen().Connections, args[1])
	case "forget":
		d.proxy.Forget()
	case "stop":
		d.slapd.Kill()
	case "shows":
		d.shows(ts, args[1], args[2])
	case "fill":
		for _, name := range args[1:] {
			text := os.Expand(ts.ReadFile(name), func(key string) string {
				if !strings.HasPrefix(key, "LDAP_") {
					return "${" + key + "}"
				}
				return ts.Getenv(key)
			})
			ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
		}
	default:
		ts.Fatalf("directory has no command %q", args[0])
	}
}

var digest = regexp.MustCompile(`sha256:[0-9a-f]{64}`)

func (d *directoryServer) seen(ts *testscript.TestScript, what string, got int, want string) {
	if got != number(ts, want) {
		ts.Fatalf("the directory has seen %d %s, and not %s", got, what, want)
	}
}

func (d *directoryServer) shows(ts *testscript.TestScript, stream, file string) {
	for _, name := range []string{"stdout", "stderr"} {
		if strings.Contains(ts.ReadFile(name), d.slapd.ReaderPassword) {
			ts.Fatalf("%s shows the password", name)
		}
	}
	words := []string{
		d.slapd.SecureAddress(), "127.0.0.1:LDAPS", d.slapd.Address(), "127.0.0.1:LDAP", strings.TrimPrefix(d.proxy.SecureURL(), "ldaps://"), "127.0.0.1:WATCH",
	}
	if free := ts.Getenv("LDAP_FREE"); free != "" {
		words = append(words, free, "127.0.0.1:FREE")
	}
	got := strings.NewReplacer(words...).Replace(ts.ReadFile(stream))
	got = digest.ReplaceAllString(got, "sha256:DIGEST")
	if want := ts.ReadFile(file); got != want {
		ts.Fatalf("%s is\n%s\nand not\n%s", stream, got, want)
	}
}

func (d *directoryServer) start(ts *testscript.TestScript, args []string) {
	if d.t == nil {
		ts.Fatalf("a directory needs go test")
	}
	o := slapd.Options{LDIF: ts.ReadFile(args[0]), Limits: strings.Join(args[1:], " ")}
	d.slapd = slapd.Start(d.t, o)
	d.proxy = ldapproxy.Start(d.t, d.slapd.Address(), ldapproxy.Options{Authority: d.slapd.Authority})
	ca := filepath.Join(ts.Getenv("WORK"), "ca.pem")
	text, err := os.ReadFile(d.slapd.CAFile())
	ts.Check(err)
	ts.Check(os.WriteFile(ca, text, 0o600))
	for name, value := range map[string]string{
		"URL": d.slapd.SecureURL(), "PLAIN": d.slapd.URL(), "CA": "ca.pem", "WATCHED": d.proxy.SecureURL(),
		"DN": d.slapd.ReaderDN, "PASSWORD": d.slapd.ReaderPassword,
	} {
		ts.Setenv("LDAP_"+name, value)
	}
}

func directoryOf(t testscript.T) *directoryServer {
	tb, _ := t.(testing.TB)
	return &directoryServer{t: tb}
}
