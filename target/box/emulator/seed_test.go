package emulator_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

func load(csv string) (*emulator.Server, error) {
	box := emulator.New(emulator.Options{})
	return box, box.LoadSeed(strings.NewReader(csv), "box.csv")
}

func TestSeed_AssignsIDsInOrderOfAppearance(t *testing.T) {
	t.Parallel()
	box, err := load(acme)
	require.NoError(t, err)
	assert.Equal(t, []string{"ann@acme.example admin", "bob@acme.example member"}, box.Members("Finance"))
	assert.Equal(t, []string{}, box.Members("Empty"))
	assert.Nil(t, box.Members("empty"), "names are compared exactly")
	assert.Equal(t, []emulator.User{
		{ID: "20000", Login: "AutomationUser_900000_emulator@boxdevedition.com", Name: "rollcall emulator", Status: "active", Role: "coadmin", Kind: emulator.Service},
		{ID: "20001", Login: "ann@acme.example", Name: "Ann Archer", Status: "active", Role: "user", Kind: emulator.Managed},
		{ID: "20002", Login: "bob@acme.example", Name: "Bob Baker", Status: "active", Role: "user", Kind: emulator.Managed},
		{ID: "20003", Login: "cid@acme.example", Name: "Cid Cook", Status: "active", Role: "user", Kind: emulator.Managed},
	}, box.Users())
	groups := box.Groups()
	require.Len(t, groups, 2)
	assert.Equal(t, []string{"10001", "Finance", "corp:1"}, []string{groups[0].ID, groups[0].Name, groups[0].ExternalSyncIdentifier})
	assert.Equal(t, []string{"10002", "Empty", ""}, []string{groups[1].ID, groups[1].Name, groups[1].ExternalSyncIdentifier})
	assert.False(t, box.Changed())
	assert.Empty(t, box.Journal())
}

func TestSeed_Accepts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		csv  string
		want []string
	}{
		"columns_in_any_order": {"role,login,group\nadmin,a@x.example,G\n", []string{"a@x.example admin"}},
		"byte_order_mark":      {"\ufeffgroup,login\nG,a@x.example\n", []string{"a@x.example member"}},
		"crlf":                 {"group,login\r\nG,a@x.example\r\n", []string{"a@x.example member"}},
		"spaces":               {" group , login\n G , a@x.example \n", []string{"a@x.example member"}},
		"quotes":               {"group,login\n\"G\",\"a@x.example\"\n", []string{"a@x.example member"}},
		"login_in_other_case":  {"group,login\n,a@x.example\nG,A@X.example\n", []string{"a@x.example member"}},
		"group_only":           {"group\nG\n", []string{}},
		"name_said_later":      {"group,login,name\nG,a@x.example,\n,a@x.example,Ann\n", []string{"a@x.example member"}},
		"identifier_repeated":  {"group,login,external_sync_identifier\nG,a@x.example,i\nG,b@x.example,i\n", []string{"a@x.example member", "b@x.example member"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, err := load(c.csv)
			require.NoError(t, err)
			assert.Equal(t, c.want, box.Members("G"))
		})
	}
}

func TestSeed_NameSaidLater(t *testing.T) {
	t.Parallel()
	box, err := load("group,login,name\nG,a@x.example,\n,a@x.example,Ann\n")
	require.NoError(t, err)
	assert.Equal(t, "Ann", box.Users()[1].Name)
}

// TestSeed_People says everything that there is to say, each thing in one place.
func TestSeed_People(t *testing.T) {
	t.Parallel()
	const csv = `group,login,name,role,status,enterprise_role,kind,aliases
G,ann@x.example,Ann,admin,,,,a@x.example A2@x.example
G,bob@x.example,,admin,inactive,,,
,bob@x.example,Bob,,,coadmin,,
,bob@x.example,Bob,,inactive,coadmin,managed,
,robot@x.example,,,cannot_delete_edit,,app,
,eve@y.example,,,cannot_delete_edit_upload,,external,
`
	box, err := load(csv)
	require.NoError(t, err)
	assert.Equal(t, []emulator.User{
		{ID: "20001", Login: "ann@x.example", Name: "Ann", Status: "active", Role: "user", Kind: emulator.Managed, Aliases: []string{"a@x.example", "A2@x.example"}},
		{ID: "20002", Login: "bob@x.example", Name: "Bob", Status: "inactive", Role: "coadmin", Kind: emulator.Managed},
		{ID: "20003", Login: "robot@x.example", Name: "robot@x.example", Status: "cannot_delete_edit", Role: "user", Kind: emulator.App},
		{ID: "20004", Login: "eve@y.example", Name: "eve@y.example", Status: "cannot_delete_edit_upload", Role: "user", Kind: emulator.External},
	}, box.Users()[1:])
	assert.Equal(t, []string{"ann@x.example admin", "bob@x.example member"}, box.Members("G"), "a co-admin is no group admin")
	assert.False(t, box.Changed())
}

func TestSeed_RefusesPeople(t *testing.T) {
	t.Parallel()
	const header = "group,login,name,status,enterprise_role,kind,aliases\n"
	for name, c := range map[string]struct{ csv, want string }{
		"status":               {",a@x.example,,asleep,,,\n", `box.csv:2: status "asleep" is unknown`},
		"role":                 {",a@x.example,,,king,,\n", `box.csv:2: enterprise role "king" is unknown`},
		"kind":                 {",a@x.example,,,,service,\n", `box.csv:2: kind "service" is none of managed, app and external`},
		"two_statuses":         {",a@x.example,,inactive,,,\n,A@x.example,,active,,,\n", `box.csv:3: A@x.example has the statuses "inactive" and "active"`},
		"two_roles":            {",a@x.example,,,user,,\n,a@x.example,,,admin,,\n", `box.csv:3: a@x.example has the enterprise roles "user" and "admin"`},
		"two_kinds":            {",a@x.example,,,,app,\n,a@x.example,,,,managed,\n", `box.csv:3: a@x.example has the kinds "app" and "managed"`},
		"two_lists":            {",a@x.example,,,,,b@x.example\n,a@x.example,,,,,c@x.example\n", `box.csv:3: a@x.example has the aliases "b@x.example" and "c@x.example"`},
		"status_alone":         {"G,,,inactive,,,\n", "box.csv:2: a status without a login"},
		"role_alone":           {"G,,,,coadmin,,\n", "box.csv:2: an enterprise_role without a login"},
		"kind_alone":           {"G,,,,,app,\n", "box.csv:2: a kind without a login"},
		"aliases_alone":        {"G,,,,,,b@x.example\n", "box.csv:2: aliases without a login"},
		"external_in_group":    {"G,a@x.example,,,,external,\n", "box.csv:2: a@x.example is external and cannot be in a group"},
		"external_said_later":  {"G,a@x.example,,,,,\n,a@x.example,,,,external,\n", "box.csv:3: a@x.example is in a group and cannot be external"},
		"alias_is_login":       {",a@x.example,,,,,\n,b@x.example,,,,,A@x.example\n", `box.csv:3: alias of b@x.example: the address "A@x.example" is taken`},
		"alias_of_two":         {",a@x.example,,,,,c@x.example\n,b@x.example,,,,,c@x.example\n", `box.csv:3: alias of b@x.example: the address "c@x.example" is taken`},
		"login_is_alias":       {",a@x.example,,,,,b@x.example\n,B@x.example,,,,,\n", "box.csv:3: B@x.example is somebody's alias already"},
		"alias_is_own_address": {",a@x.example,,,,,a@x.example\n", `box.csv:2: alias of a@x.example: the address "a@x.example" is taken`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, err := load(header + c.csv)
			require.EqualError(t, err, c.want)
			assert.Len(t, box.Users(), 1, "nothing was changed")
		})
	}
}

func TestSeed_Refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ csv, want string }{
		"nothing":             {"", "box.csv:1: no header row: the file is empty"},
		"unknown_column":      {"group,mail\n", `box.csv:1: unknown column "mail"; known are group, external_sync_identifier, login, name, role, status, enterprise_role, kind, aliases`},
		"column_twice":        {"group,login,group\n", `box.csv:1: column "group" is there twice`},
		"empty_row":           {"group,login\nG,a@x.example\n,\n", "box.csv:3: neither a group nor a login"},
		"field_count":         {"group,login\nG\n", "box.csv:2: wrong number of fields"},
		"quoting":             {"group,login\nG,a\"b\n", `box.csv:2: bare " in non-quoted-field`},
		"role":                {"group,login,role\nG,a@x.example,owner\n", `box.csv:2: role "owner" is neither member nor admin`},
		"role_without_group":  {"login,role\na@x.example,admin\n", "box.csv:2: a role needs a group and a login"},
		"name_without_login":  {"group,name\nG,Ann\n", "box.csv:2: a name without a login"},
		"identifier_alone":    {"login,external_sync_identifier\na@x.example,i\n", "box.csv:2: an external_sync_identifier without a group"},
		"membership_twice":    {"group,login\nG,a@x.example\nG,A@x.example\n", `box.csv:3: A@x.example is in "G" twice`},
		"two_names":           {"login,name\na@x.example,Ann\na@x.example,Bob\n", `box.csv:3: a@x.example has the names "Ann" and "Bob"`},
		"two_identifiers":     {"group,external_sync_identifier\nG,i\nG,j\n", `box.csv:3: group "G" has the identifiers "i" and "j"`},
		"not_utf8":            {"group\nG\nH\xff\n", "box.csv:3: not UTF-8"},
		"line_after_newlines": {"group,login\n\"G\n\nH\",a@x.example\n,\n", "box.csv:5: neither a group nor a login"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			box, err := load(c.csv)
			require.EqualError(t, err, c.want)
			assert.Empty(t, box.Groups(), "nothing was changed")
			assert.Len(t, box.Users(), 1)
		})
	}
}

func TestSeed_ReportsSeveralFaultsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := load("group,login,role\nG,a@x.example,x\nG,b@x.example,\nG,b@x.example,\n")
	require.EqualError(t, err, "box.csv:2: role \"x\" is neither member nor admin\nbox.csv:4: b@x.example is in \"G\" twice")

	_, err = load("group,login\n" + strings.Repeat(",\n", 100))
	assert.Len(t, strings.Split(err.Error(), "\n"), 20)
}

func TestSeed_NeedsAnEmptyBox(t *testing.T) {
	t.Parallel()
	box, err := load(acme)
	require.NoError(t, err)
	err = box.LoadSeed(strings.NewReader("group\nG\n"), "more.csv")
	require.EqualError(t, err, "more.csv: this Box is not empty, so it cannot be seeded")
	assert.Len(t, box.Groups(), 2)
}

func TestSeed_ReadError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	err := emulator.New(emulator.Options{}).LoadSeed(iotest.ErrReader(broken), "box.csv")
	require.ErrorIs(t, err, broken)
	assert.Equal(t, fmt.Sprintf("box.csv: %v", broken), err.Error())
}
