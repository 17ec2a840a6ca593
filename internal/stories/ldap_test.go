package stories_test

import (
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
	"github.com/rollcall-sync/rollcall/internal/slapd"
)

// directory is the source that is an OpenLDAP. It has the people and groups of
// testdata/good/groups.csv: people as uid=NAME below ou=berlin,ou=people, the first
// fifteen, and ou=oslo,ou=people; groups as cn=NAME below ou=groups, with their
// members by DN, and their admins in owner. Of the kind posix, groups list the names
// of accounts in memberUid, and nobody's admins. What an entry is known by
// (entryUUID) comes of its name, so that it is the same each time.
//
// It is reached through proxies, at ${LDAP}, at ${LDAP_SECOND}, and at
// ${LDAP_LIMITED}, which gives 4 entries and 7 values at once; ${SUFFIX} is its top. The
// file ca.pem says who signed the certificates, and LDAP_PASSWORD is the password.
//
// A WHO is somebody's address, the name of an account or of a group, or a DN below
// the suffix, such as ou=oslo,ou=people:
//
//	source set WHO ATTRIBUTE VALUE…  it has these values, or none
//	source disable LOGIN…            an account is locked for good
//	source unit DN                   there is a place
//	source person LOGIN OU           somebody is there who was not, below ou=OU,ou=people
//	source delete WHO…               an entry is deleted, with what is below it; groups go on listing it
//	source move WHO DN [alone]       it is elsewhere, or called otherwise, with what is below it. Groups list it by its new
//	                                 name, as in Active Directory; alone: by the old one, as in OpenLDAP
//	source nest GROUP MEMBER         a group is in a group
//	source unnest GROUP MEMBER       and is not any more
//	source lists GROUP DN…           a group lists names below the suffix, of whomever
//	source uuid GROUP                it is deleted, and created again
//	source class CLASS               all groups are of another class
//	source hide WHO                  the reader may not see it, nor what is below it
//	source unlist GROUP…             the reader may see the group, and not its members and admins
//	source show                      nothing is hidden any more
//	source breaks WHERE WHAT [at=WORD] [page=N] [after=N] [times=N] [code=N] [url=URL]
//	                                 something goes wrong there; see newFault
//	source mended                    and does not any more
//	source stop, source start        nobody listens behind the proxies; somebody does again
type directory struct {
	w       *world
	posix   bool
	server  *slapd.Server
	conn    *ldap.Conn // the administrator's; nil: not connected
	proxies map[string]*ldapproxy.Proxy
	broken  map[string]*ldapproxy.Broken
	made    map[string]int // how often a group was created, by name
}

const suffix = "dc=acme,dc=example"

func newDirectory(w *world, posix bool) source {
	w.Helper()
	d := &directory{w: w, posix: posix, broken: map[string]*ldapproxy.Broken{}, made: map[string]int{}}
	text, err := os.ReadFile("testdata/good/groups.csv")
	require.NoError(w, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(w, err)
	d.server = slapd.Start(w, slapd.Options{Suffix: suffix, LDIF: d.ldif(rows[1:]), Access: []string{
		"to filter=(ou=hidden) by * none",
		"to filter=(ou=unlisted) attrs=member,owner by * none",
	}})
	ca, err := os.ReadFile(d.server.CAFile())
	require.NoError(w, err)
	require.NoError(w, os.WriteFile(w.Path("ca.pem"), ca, 0o600))
	w.Env["LDAP_PASSWORD"] = d.server.ReaderPassword
	start := func(o ldapproxy.Options) *ldapproxy.Proxy {
		o.Authority = d.server.Authority
		return ldapproxy.Start(w, d.server.Address(), o)
	}
	d.proxies = map[string]*ldapproxy.Proxy{
		"LDAP": start(ldapproxy.Options{}), "LDAP_SECOND": start(ldapproxy.Options{}),
		"LDAP_LIMITED": start(ldapproxy.Options{MaxPageSize: 4, MaxValRange: 7}),
	}
	return d
}

func (d *directory) names() [][2]string {
	names := [][2]string{{"${SUFFIX}", suffix}}
	for _, word := range slices.Sorted(maps.Keys(d.proxies)) {
		url := d.proxies[word].SecureURL()
		names = append(names, [2]string{"${" + word + "}", url}, [2]string{"${" + word + "_HOST}", strings.TrimPrefix(url, "ldaps://")})
	}
	return names
}

// seed says of Box's groups what they are known by here.
func (d *directory) seed(csv []byte) []byte {
	return regexp.MustCompile(`rollcall:main:hr:[^,\n]+`).ReplaceAllFunc(csv, func(identifier []byte) []byte {
		name := strings.TrimPrefix(string(identifier), "rollcall:main:hr:")
		return []byte("rollcall:main:directory:" + uuid(name, 0))
	})
}

// steady replaces how it is told that a connection has ended, which is one of
// several things, by chance.
func (d *directory) steady(text string) string {
	return regexp.MustCompile(`(unexpected )?EOF|(read|write) tcp \S+: (read|write): (connection reset by peer|broken pipe)`).ReplaceAllString(text, "$${ENDED}")
}

// unmet lists the faults that no run has met.
func (d *directory) unmet() []string {
	var unmet []string
	for _, name := range slices.Sorted(maps.Keys(d.broken)) {
		if d.broken[name].Met() == 0 {
			unmet = append(unmet, name)
		}
	}
	return unmet
}

// uuid is what an entry is known by: the nth of its name, from 0.
func uuid(name string, n int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012d", crc32.ChecksumIEEE([]byte(name)), n)
}

// account is the name of somebody's account.
func account(login string) string {
	name, _, _ := strings.Cut(login, "@")
	return name
}

// inBerlin is how many people work there.
const inBerlin = 15

// ldif writes people and groups in the form of LDIF.
func (d *directory) ldif(rows [][]string) string {
	var b strings.Builder
	for _, ou := range []string{"ou=people", "ou=berlin,ou=people", "ou=oslo,ou=people", "ou=groups"} {
		_, value, _ := strings.Cut(strings.Split(ou, ",")[0], "=")
		fmt.Fprintf(&b, "dn: %s,%s\nobjectClass: organizationalUnit\nou: %s\n\n", ou, suffix, value)
	}
	places, groups := map[string]string{}, []string{}
	for _, r := range rows {
		login := r[loginColumn]
		if places[login] == "" {
			ou := "berlin"
			if len(places) >= inBerlin {
				ou = "oslo"
			}
			places[login] = fmt.Sprintf("uid=%s,ou=%s,ou=people,%s", account(login), ou, suffix)
			writeLDIF(&b, places[login], d.personEntry(login, r[nameColumn]))
		}
		if !slices.Contains(groups, r[groupColumn]) {
			groups = append(groups, r[groupColumn])
		}
	}
	for _, group := range groups {
		entry := d.groupEntry(group)
		for _, r := range rows {
			if r[groupColumn] != group {
				continue
			}
			value := places[r[loginColumn]]
			if r[roleColumn] == "admin" && !d.posix {
				entry["owner"] = append(entry["owner"], value)
			}
			if d.posix {
				value = account(r[loginColumn])
			}
			entry[d.member()] = append(entry[d.member()], value)
		}
		writeLDIF(&b, groupDN(group), entry)
	}
	return b.String()
}

func writeLDIF(b *strings.Builder, dn string, entry map[string][]string) {
	fmt.Fprintf(b, "dn: %s\n", dn)
	for _, attribute := range slices.Sorted(maps.Keys(entry)) {
		for _, value := range entry[attribute] {
			fmt.Fprintf(b, "%s: %s\n", attribute, value)
		}
	}
	b.WriteString("\n")
}

// personEntry is somebody whose primary group, if they have one, is no group.
func (d *directory) personEntry(login, name string) map[string][]string {
	last := name[strings.LastIndex(name, " ")+1:]
	entry := map[string][]string{
		"objectClass": {"inetOrgPerson", "testAccount"}, "uid": {account(login)}, "cn": {name}, "sn": {last},
		"displayName": {name}, "mail": {login}, "entryUUID": {uuid(login, 0)},
	}
	if d.posix {
		entry["objectClass"] = append(entry["objectClass"], "posixAccount")
		entry["uidNumber"], entry["gidNumber"], entry["homeDirectory"] = []string{"1000"}, []string{"100"}, []string{"/"}
	}
	return entry
}

// groupEntry is a group that has nobody yet.
func (d *directory) groupEntry(name string) map[string][]string {
	entry := map[string][]string{"objectClass": {"groupOfMembers"}, "cn": {name}, "entryUUID": {uuid(name, d.made[name])}}
	if d.posix {
		number := 1000 + crc32.ChecksumIEEE([]byte(name))%100_000
		entry["objectClass"], entry["gidNumber"] = []string{"posixGroup"}, []string{strconv.FormatUint(uint64(number), 10)}
	}
	d.made[name]++
	return entry
}

func groupDN(name string) string { return "cn=" + name + ",ou=groups," + suffix }

// member is the attribute that lists who is in a group.
func (d *directory) member() string {
	if d.posix {
		return "memberUid"
	}
	return "member"
}
