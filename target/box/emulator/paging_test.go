package emulator_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// large is a Box with n users, all in one group, 10001.
func large(t *testing.T, n int, faults emulator.Faults) *fixture {
	t.Helper()
	f := empty(t, emulator.Options{Faults: faults})
	var seed strings.Builder
	seed.WriteString("group,login\n")
	for i := range n {
		fmt.Fprintf(&seed, "All,u%05d@acme.example\n", i)
	}
	require.NoError(t, f.LoadSeed(strings.NewReader(seed.String()), "large.csv"))
	return f
}

func TestPaging_ClampsTheLimit(t *testing.T) {
	t.Parallel()
	f := large(t, 1100, emulator.Faults{})
	for _, path := range []string{"/2.0/groups/10001/memberships", "/2.0/users"} {
		for query, want := range map[string]struct{ limit, rows int }{
			"":            {100, 100},
			"?limit=7":    {7, 7},
			"?limit=1000": {1000, 1000},
			"?limit=1001": {1000, 1000},
			"?limit=5000": {1000, 1000},
		} {
			got := f.wants(http.StatusOK, f.get(path+query))
			assert.EqualValues(t, want.limit, got["limit"], path+query)
			assert.Len(t, rows(t, got), want.rows, path+query)
			assert.EqualValues(t, 1100, got["total_count"], path+query)
		}
	}
	assert.EqualValues(t, 1000, f.get("/2.0/users?usemarker=true&limit=5000").json["limit"])
	assert.EqualValues(t, 1000, f.get("/2.0/groups?limit=5000").json["limit"])
}

func TestPaging_PagesFitTogetherInIDOrder(t *testing.T) {
	t.Parallel()
	f := large(t, 25, emulator.Faults{})
	var ids []any
	for offset := 0; offset <= 25; offset += 10 {
		got := f.wants(http.StatusOK, f.get(fmt.Sprintf("/2.0/groups/10001/memberships?limit=10&offset=%d", offset)))
		assert.EqualValues(t, offset, got["offset"])
		ids = append(ids, column(t, got, "id")...)
	}
	require.Len(t, ids, 25)
	for i, id := range ids {
		assert.Equal(t, strconv.Itoa(30001+i), id)
	}
}

func TestPaging_OffsetCeiling(t *testing.T) {
	t.Parallel()
	f := large(t, 10050, emulator.Faults{})
	for _, path := range []string{"/2.0/groups/10001/memberships", "/2.0/users", "/2.0/groups", "/2.0/users/20001/memberships"} {
		f.refused(f.get(path+"?offset=10000"), http.StatusBadRequest, "bad_request", "offset")
		f.refused(f.get(path+"?offset=10001"), http.StatusBadRequest, "bad_request", "offset")
		f.wants(http.StatusOK, f.get(path+"?offset=9999"))
	}
	got := f.wants(http.StatusOK, f.get("/2.0/groups/10001/memberships?limit=1000&offset=9000"))
	assert.Len(t, rows(t, got), 1000)
	assert.EqualValues(t, 10050, got["total_count"])
}

func TestPaging_BeyondTheEnd(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	got := f.wants(http.StatusOK, f.get("/2.0/groups?offset=500"))
	assert.Equal(t, []any{}, got["entries"])
	assert.EqualValues(t, 2, got["total_count"])
	assert.EqualValues(t, 500, got["offset"])
}

func TestPaging_MalformedNumbers(t *testing.T) {
	t.Parallel()
	f := seeded(t, emulator.Options{})
	for _, path := range []string{"/2.0/groups", "/2.0/users", "/2.0/groups/10001/memberships"} {
		for _, v := range []string{"x", "-1", "0", "1.5"} {
			f.refused(f.get(path+"?limit="+v), http.StatusBadRequest, "invalid_limit", "limit")
		}
		for _, v := range []string{"x", "-1", "1.5"} {
			f.refused(f.get(path+"?offset="+v), http.StatusBadRequest, "invalid_offset", "offset")
		}
	}
}

func TestPaging_HiddenRowsMakeShortPages(t *testing.T) {
	t.Parallel()
	f := large(t, 25, emulator.Faults{HideMembers: 3})
	_, err := f.AddGroup("Other", "")
	require.NoError(t, err)

	first := f.wants(http.StatusOK, f.get("/2.0/groups/10001/memberships?limit=10"))
	assert.Len(t, rows(t, first), 7)
	assert.EqualValues(t, 10, first["limit"])
	assert.EqualValues(t, 25, first["total_count"], "hidden rows count")
	second := f.wants(http.StatusOK, f.get("/2.0/groups/10001/memberships?limit=10&offset=10"))
	assert.Equal(t, "30011", rows(t, second)[0]["id"], "rows are hidden after paging")
	assert.Len(t, rows(t, f.get("/2.0/users?limit=10").json), 10, "only memberships are hidden")

	f.SetFaults(emulator.Faults{HideGroups: 9, HideUsers: 4})
	assert.Equal(t, []any{}, f.get("/2.0/groups").json["entries"], "a page may be empty")
	assert.EqualValues(t, 2, f.get("/2.0/groups").json["total_count"])
	assert.Len(t, rows(t, f.get("/2.0/users?limit=10").json), 6)
	marked := f.get("/2.0/users?limit=10&usemarker=true").json
	assert.Len(t, rows(t, marked), 6)
	next := f.get(fmt.Sprintf("/2.0/users?limit=10&usemarker=true&marker=%s", marked["next_marker"])).json
	assert.Equal(t, "20011", rows(t, next)[0]["id"])
}
