package state_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// memory has a value in every field, which the test below sees to.
func memory() *plan.Memory {
	return &plan.Memory{
		Updated:        started(),
		Fingerprint:    plan.Fingerprint{{Name: "groups", Digest: "sha256:aa"}, {Name: "members", Digest: "sha256:bb"}},
		Agreed:         plan.Fingerprint{{Name: "groups", Digest: "sha256:cc"}},
		People:         map[string]target.UserID{"hr/zoe@acme.example": 18446744073709551615, "hr/ann@acme.example": 7, "hr/<b>&": 8},
		Holds:          map[string]time.Time{"removals": started().Add(-time.Hour)},
		Groups:         map[string]target.GroupID{"rollcall:main:hr:finance": 18446744073709551615, "rollcall:main:hr:<legal>": 101},
		Absences:       map[string]time.Time{"remove/101/7": started().Add(-48 * time.Hour)},
		HoldSizes:      map[string]int{"removals": 7},
		Unknown:        []string{"bob@acme.example", "eve@acme.example"},
		UnknownCounted: true,
		Sources:        map[string]plan.SourceCounts{"hr": {Groups: 3, Memberships: 40}},
		Made: []plan.Made{
			{Run: "20261122T020000Z", At: started().Add(-24 * time.Hour), Groups: map[string]plan.MadeGroup{
				"rollcall:main:hr:finance": {Facts: map[string]string{"user/7": "admin", "user/8": "none"}, Again: map[string]int{"user/8": 2}},
			}},
			{Run: "20261121T020000Z-2", At: started().Add(-48 * time.Hour), Groups: map[string]plan.MadeGroup{
				"rollcall:main:hr:<legal>": {Facts: map[string]string{"group": "ours", "name": "<Legal>"}},
			}},
		},
		Owned: 3,
		Calls: 1234,
	}
}

const memoryFile = `{
 "version": 1,
 "updated": "2026-11-23T10:36:24Z",
 "calls": 1234,
 "owned": 3,
 "fingerprint": [
  {
   "name": "groups",
   "digest": "sha256:aa"
  },
  {
   "name": "members",
   "digest": "sha256:bb"
  }
 ],
 "agreed": [
  {
   "name": "groups",
   "digest": "sha256:cc"
  }
 ],
 "sources": {
  "hr": {
   "groups": 3,
   "memberships": 40
  }
 },
 "made": [
  {
   "run": "20261122T020000Z",
   "at": "2026-11-22T10:36:24Z",
   "groups": {
    "rollcall:main:hr:finance": {
     "facts": {
      "user/7": "admin",
      "user/8": "none"
     },
     "again": {
      "user/8": 2
     }
    }
   }
  },
  {
   "run": "20261121T020000Z-2",
   "at": "2026-11-21T10:36:24Z",
   "groups": {
    "rollcall:main:hr:<legal>": {
     "facts": {
      "group": "ours",
      "name": "<Legal>"
     }
    }
   }
  }
 ],
 "holds": {
  "removals": "2026-11-23T09:36:24Z"
 },
 "hold_sizes": {
  "removals": 7
 },
 "absences": {
  "remove/101/7": "2026-11-21T10:36:24Z"
 },
 "unknown": [
  "bob@acme.example",
  "eve@acme.example"
 ],
 "unknown_counted": true,
 "people": {
  "hr/<b>&": 8,
  "hr/ann@acme.example": 7,
  "hr/zoe@acme.example": 18446744073709551615
 },
 "groups": {
  "rollcall:main:hr:<legal>": 101,
  "rollcall:main:hr:finance": 18446744073709551615
 }
}
`

func TestDir_Memory(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	got, err := d.Memory()
	require.NoError(t, err)
	assert.Equal(t, &plan.Memory{}, got, "an installation that has saved nothing remembers nothing")

	require.NoError(t, d.SaveMemory(memory()))
	assert.Equal(t, memoryFile, readFile(t, filepath.Join(d.Path(), "memory.json")))
	got, err = d.Memory()
	require.NoError(t, err)
	assert.Equal(t, memory(), got)

	require.NoError(t, d.SaveMemory(nil))
	got, err = d.Memory()
	require.NoError(t, err)
	assert.Equal(t, memory(), got, "no memory is not an empty one")

	require.NoError(t, d.SaveMemory(&plan.Memory{}))
	got, err = d.Memory()
	require.NoError(t, err)
	assert.Equal(t, &plan.Memory{}, got)
}

// A field that is added to the memory is kept too, or this fails.
func TestDir_Memory_EveryField(t *testing.T) {
	t.Parallel()
	m := reflect.ValueOf(memory()).Elem()
	for i := range m.NumField() {
		assert.False(t, m.Field(i).IsZero(), "the memory of these tests has no %s", m.Type().Field(i).Name)
	}
}

func TestDir_Memory_Property(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "s"), rapid.Int64Range(0, 999999999).Draw(t, "ns")).UTC()
	})
	words := rapid.MapOfN(rapid.String(), at, 1, -1)
	rapid.Check(t, func(t *rapid.T) {
		m := &plan.Memory{
			Updated:        at.Draw(t, "updated"),
			People:         rapid.MapOfN(rapid.String(), rapid.Map(rapid.Uint64(), func(n uint64) target.UserID { return target.UserID(n) }), 1, -1).Draw(t, "people"),
			Groups:         rapid.MapOfN(rapid.String(), rapid.Map(rapid.Uint64(), func(n uint64) target.GroupID { return target.GroupID(n) }), 1, -1).Draw(t, "groups"),
			Holds:          words.Draw(t, "holds"),
			Absences:       words.Draw(t, "absences"),
			HoldSizes:      rapid.MapOfN(rapid.String(), rapid.Int(), 1, -1).Draw(t, "sizes"),
			Unknown:        rapid.SliceOfN(rapid.String(), 1, -1).Draw(t, "unknown"),
			UnknownCounted: rapid.Bool().Draw(t, "counted"),
			Calls:          rapid.Int64().Draw(t, "calls"),
		}
		require.NoError(t, d.SaveMemory(m))
		got, err := d.Memory()
		require.NoError(t, err)
		assert.Equal(t, m, got)
	})
}

func TestDir_Memory_Refused(t *testing.T) {
	t.Parallel()
	d := openDir(t)
	path := filepath.Join(d.Path(), "memory.json")
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "it is cut off or damaged"},
		"torn":           {memoryFile[:100], "it is cut off or damaged"},
		"later":          {`{"version": 2, "pauses": []}`, "its version is 2 and this program knows version 1"},
		"no_version":     {`{"calls": 1}`, "its version is 0 and this program knows version 1"},
		"null":           {`null`, "its version is 0 and this program knows version 1"},
		"unknown_field":  {strings.Replace(memoryFile, `"calls"`, `"galls"`, 1), `unknown field "galls"`},
		"unknown_deeper": {strings.Replace(memoryFile, `"digest"`, `"digits"`, 1), `unknown field "digits"`},
		"trailing_data":  {memoryFile + "{}", "it is cut off or damaged"},
		"wrong_type":     {strings.Replace(memoryFile, "1234", `"x"`, 1), "calls cannot be a string"},
	} {
		writeFile(t, path, c.text)
		m, err := d.Memory()
		assert.Nil(t, m, name)
		assert.EqualError(t, err, "read "+path+": "+c.want+
			": if a later rollcall wrote it, run that one; otherwise move it away, and the next run knows nothing of earlier ones, which costs comfort, never correctness", name)
	}
}
