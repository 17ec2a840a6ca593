package ldap_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/needs"
	"github.com/rollcall-sync/rollcall/internal/slapd"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// A large directory: each person is in ten groups, and each group has 200 members.
const (
	benchPeople = 100_000
	benchGroups = 5_000
	benchEach   = 200
	benchPairs  = 5
)

// BenchmarkRead1M reads 100,000 people and 5,000 groups with 1,000,000 memberships in a
// process of its own, and beside it has ldapsearch read the same attributes of the
// same entries, one after the other, five times. x-ldapsearch is how many times as
// long the one takes as the other; all but the peak are medians.
func BenchmarkRead1M(b *testing.B) {
	search := needs.Program(b, "ldapsearch", "make deps installs it")
	server := slapd.Start(b, slapd.Options{LDIFFile: largeDirectory(b)})
	var reads, searches, ratios []float64
	peak := 0.0
	for b.Loop() {
		for range benchPairs {
			yardstick := searchAll(b, search, server)
			read, megabytes := readAlone(b, server)
			reads, searches, ratios = append(reads, read), append(searches, yardstick), append(ratios, read/yardstick)
			peak = max(peak, megabytes)
		}
	}
	b.ReportMetric(0, "ns/op") // which would be of five pairs
	b.ReportMetric(median(reads), "s/read")
	b.ReportMetric(median(searches), "s/ldapsearch")
	b.ReportMetric(median(ratios), "x-ldapsearch")
	b.ReportMetric(peak, "peak-RSS-MB")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// largeDirectory writes the directory as LDIF and returns the file.
func largeDirectory(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "large.ldif")
	file, err := os.Create(path)
	require.NoError(b, err)
	out := bufio.NewWriter(file)
	for _, name := range []string{"people", "groups"} {
		fmt.Fprintf(out, "dn: ou=%[1]s,dc=example,dc=org\nobjectClass: organizationalUnit\nou: %[1]s\n\n", name)
	}
	for i := range benchPeople {
		fmt.Fprintf(out, "dn: uid=firstname.lastname%[1]d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: firstname.lastname%[1]d\n"+
			"cn: Firstname Lastname %[1]d\nsn: Lastname %[1]d\ndisplayName: Firstname Lastname %[1]d\nmail: firstname.lastname%[1]d@example.org\n\n", i)
	}
	for i := range benchGroups {
		fmt.Fprintf(out, "dn: cn=Department %[1]d,ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: Department %[1]d\ndescription: Cost centre %[1]d\n", i)
		for m := range benchEach {
			// 7919 is prime to the number of people: nobody is twice in a group.
			fmt.Fprintf(out, "member: uid=firstname.lastname%d,ou=people,dc=example,dc=org\n", (i*benchEach+m)*7919%benchPeople)
		}
		fmt.Fprintln(out)
	}
	require.NoError(b, out.Flush())
	require.NoError(b, file.Close())
	return path
}

// searchAll has ldapsearch read what the source reads, and returns the seconds.
func searchAll(b *testing.B, program string, s *slapd.Server) float64 {
	b.Helper()
	c := benchConfig(s.URL(), s.ReaderDN, s.ReaderPassword).Resolved()
	start := time.Now()
	for _, args := range [][]string{
		{"-b", c.Users.BaseDN, c.Users.Filter, c.Users.ID, c.Users.Login[0], c.Users.Name},
		{"-b", c.Groups.BaseDN, c.Groups.Filter, c.Groups.ID, c.Groups.Name, c.Groups.Description, c.Groups.Member, "objectClass"},
	} {
		args = append([]string{"-x", "-LLL", "-H", s.URL(), "-D", s.ReaderDN, "-w", s.ReaderPassword, "-E", "pr=1000/noprompt"}, args...)
		command := exec.CommandContext(b.Context(), program, args...)
		command.Stderr = os.Stderr
		require.NoError(b, command.Run())
	}
	return time.Since(start).Seconds()
}

// readAlone reads in a process of its own, and returns the seconds that this takes,
// start and end included, and the most memory that it had.
func readAlone(b *testing.B, s *slapd.Server) (seconds, megabytes float64) {
	b.Helper()
	start := time.Now()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), aloneURL+"="+s.URL(), aloneDN+"="+s.ReaderDN, alonePassword+"="+s.ReaderPassword)
	out, err := command.CombinedOutput()
	seconds = time.Since(start).Seconds()
	require.NoError(b, err, "%s", out)
	said, status, _ := strings.Cut(string(out), "\n")
	require.Equal(b, fmt.Sprintf("%d groups, %d memberships, %d people", benchGroups, benchGroups*benchEach, benchPeople), said)
	_, peak, _ := strings.Cut(status, "VmHWM:")
	var kB float64
	_, err = fmt.Sscan(peak, &kB)
	require.NoError(b, err, "the most memory that a process had is in its status on Linux only")
	return seconds, kB / 1024
}

// What tells a process to read alone.
const (
	aloneURL      = "ROLLCALL_TEST_READ_URL"
	aloneDN       = "ROLLCALL_TEST_READ_DN"
	alonePassword = "ROLLCALL_TEST_READ_PASSWORD"
)

// alone reads what the environment says, if it says that, and reports whether it did.
func alone() bool {
	url, told := os.LookupEnv(aloneURL)
	if !told {
		return false
	}
	s, err := ldap.New(benchConfig(url, os.Getenv(aloneDN), os.Getenv(alonePassword)))
	if err == nil {
		roster, failed := s.Read(context.Background())
		if err = failed; err == nil {
			e := roster.Evidence()[0]
			status, _ := os.ReadFile("/proc/self/status")
			fmt.Printf("%d groups, %d memberships, %d people\n%s", e.Groups, e.Memberships, roster.People(), status)
			return true
		}
	}
	fmt.Println(err)
	return true
}

func benchConfig(url, who, password string) ldap.Config {
	return ldap.Config{
		Name: "large", URLs: []string{url}, Preset: ldap.RFC2307bis, PageSize: 1000,
		Server: wire.Options{AllowPlaintext: true, Timeout: time.Minute, Bind: wire.Bind{
			DN: who, Password: func() (string, error) { return password, nil },
		}},
		Groups: ldap.Groups{BaseDN: "ou=groups,dc=example,dc=org", Filter: "(objectClass=groupOfNames)", Scope: wire.Sub},
		Users:  ldap.Users{BaseDN: "ou=people,dc=example,dc=org", Scope: wire.Sub}, Nested: true, Primary: true,
	}
}
