package examples_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/examples"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

func read(t *testing.T, name string) *source.Roster {
	t.Helper()
	s, err := csv.New(csv.Config{
		Name: "hr", Path: filepath.Join("acme", name), FailOnBadRow: true, Columns: csv.DefaultColumns(),
	})
	require.NoError(t, err)
	roster, err := s.Read(t.Context())
	require.NoError(t, err)
	return roster
}

func TestAcme_sources(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct{ groups, memberships, people int }{
		"groups.csv":                 {12, 157, 80},
		"groups-no-roles.csv":        {12, 157, 80},
		"groups-without-finance.csv": {11, 145, 80},
		"groups-cut.csv":             {6, 77, 57},
		"groups-empty-group.csv":     {12, 148, 79},
		"groups-all-staff.csv":       {12, 229, 80},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			roster := read(t, name)
			e := roster.Evidence()[0]
			assert.Equal(t, want.groups, e.Groups, "groups")
			assert.Equal(t, want.memberships, e.Memberships, "memberships")
			assert.Equal(t, want.people, roster.People(), "people")
			for i := range roster.People() {
				assert.Equal(t, "acme.example", roster.Logins(source.PersonIndex(i))[0].Domain())
			}
		})
	}
}

func TestAcme_embedded(t *testing.T) {
	t.Parallel()
	files, err := examples.Acme.ReadDir("acme")
	require.NoError(t, err)
	assert.Len(t, files, 7)
}

// box is box.csv: the roles in each group, by its identifier or else its name,
// and the names of the groups and the users.
type box struct {
	roles map[string]map[string]string
	names map[string]string
	users map[string]bool
}

func readBox(t *testing.T) box {
	t.Helper()
	file, err := examples.Acme.ReadFile("acme/box.csv")
	require.NoError(t, err)
	rows, err := stdcsv.NewReader(bytes.NewReader(file)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"group", "external_sync_identifier", "login", "name", "role"}, rows[0])
	b := box{roles: map[string]map[string]string{}, names: map[string]string{}, users: map[string]bool{}}
	for _, row := range rows[1:] {
		key, login := row[1], strings.ToLower(row[2])
		if key == "" {
			key = row[0]
		}
		if key != "" && b.roles[key] == nil {
			b.roles[key], b.names[key] = map[string]string{}, row[0]
		}
		if login != "" {
			b.users[login] = true
			if key != "" {
				require.NotContains(t, b.roles[key], login, "%s is in %s twice", login, key)
				b.roles[key][login] = row[4]
			}
		}
	}
	return b
}

// TestAcme_drift holds the README to the files, without the help of the differ.
func TestAcme_drift(t *testing.T) {
	t.Parallel()
	b, roster := readBox(t), read(t, "groups.csv")
	var got []string
	for _, g := range roster.Groups() {
		id := g.Key.Identifier("main")
		now, exists := b.roles[id]
		if !exists {
			got = append(got, "create "+g.Name)
		} else if b.names[id] != g.Name {
			got = append(got, fmt.Sprintf("rename %s to %s", b.names[id], g.Name))
		}
		for _, m := range g.Members {
			login := roster.Logins(m.Person)[0].Key()
			switch role, there := now[login]; {
			case !b.users[login]:
				got = append(got, fmt.Sprintf("unknown %s %s", g.Name, login))
			case !there:
				got = append(got, fmt.Sprintf("add %s %s %s", g.Name, login, m.Role))
			case role != m.Role.String():
				got = append(got, fmt.Sprintf("role %s %s %s", g.Name, login, m.Role))
			}
			delete(now, login)
		}
		for login := range now {
			got = append(got, fmt.Sprintf("remove %s %s", g.Name, login))
		}
		delete(b.roles, id)
	}
	for id := range b.roles {
		got = append(got, "left over "+id)
	}
	slices.Sort(got)
	want := strings.ReplaceAll(`add All Staff agnes.toth@ member
add Board helen.murphy@ member
add Customer Support julia.brandt@ member
add Data Platform chen.wei@ admin
add Data Platform farah.haddad@ member
add Data Platform hiroshi.tanaka@ member
add Data Platform kwame.boateng@ member
add Data Platform nadia.rahman@ member
add Data Platform parisa.moradi@ member
add Data Platform viktor.horvath@ member
add Data Platform xiomara.reyes@ member
add Design haruka.sato@ member
add Engineering zofia.wisniewska@ member
add Finance kavya.iyer@ member
add Project Aurora carmen.vidal@ member
add Project Aurora zofia.wisniewska@ member
add Sales ibrahim.diallo@ member
create Data Platform
left over Summer Party 2025
left over rollcall:main:hr:Trade Fair 2024
remove Board claire.dubois@
remove Customer Support ibrahim.diallo@
remove Engineering xiomara.reyes@
remove Marketing haruka.sato@
remove Project Aurora patrick.sullivan@
remove Sales patrick.sullivan@
rename Facilities (old) to Facilities
role Finance benedikt.huber@ member
role Marketing diego.fuentes@ admin
unknown Sales noah.jansen@`, "@", "@acme.example")
	assert.Equal(t, strings.Split(want, "\n"), got)
}
