package emulator

import (
	"fmt"
	"net/url"
	"strconv"
)

// Box's bounds on paging. The guide calls 9999 the greatest offset and the
// specification rejects "exceeding 10000"; this is the stricter reading.
const (
	defaultLimit  = 100
	maxLimit      = 1000
	offsetCeiling = 10000
)

// page is a client's place in a list.
type page struct {
	limit  int // already clamped
	offset int
}

// collection is a list that is paged by offset. Total counts rows that were
// dropped from the page, too.
type collection struct {
	Total   int `json:"total_count"`
	Limit   int `json:"limit"`
	Offset  int `json:"offset"`
	Entries any `json:"entries"`
}

func parsePage(q url.Values) (page, *answer) {
	limit, refused := parseLimit(q)
	if refused != nil {
		return page{}, refused
	}
	offset := 0
	if v := q.Get("offset"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			return page{}, new(invalid("invalid_offset", "offset", fmt.Sprintf("Invalid value '%s'", v)))
		}
		offset = n
	}
	if offset >= offsetCeiling {
		return page{}, new(badRequest("offset",
			fmt.Sprintf("Invalid value '%d'. The offset must be less than %d", offset, offsetCeiling)))
	}
	return page{limit: limit, offset: offset}, nil
}

// parseLimit clamps a limit that is too great and refuses one that is no
// positive number.
func parseLimit(q url.Values) (int, *answer) {
	v := q.Get("limit")
	if v == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return 0, new(invalid("invalid_limit", "limit", fmt.Sprintf("Invalid value '%s'", v)))
	}
	return min(n, maxLimit), nil
}

// collect renders one page of rows. Hidden rows are dropped after paging, from
// the page's end.
func collect[T, E any](rows []T, p page, hidden int, entry func(T) E) answer {
	from := min(p.offset, len(rows))
	shown := hide(rows[from:min(from+p.limit, len(rows))], hidden)
	return ok(collection{Total: len(rows), Limit: p.limit, Offset: p.offset, Entries: entries(shown, entry)})
}

// entries is never nil, so that an empty list is [] in JSON.
func entries[T, E any](rows []T, entry func(T) E) []E {
	out := make([]E, len(rows))
	for i, r := range rows {
		out[i] = entry(r)
	}
	return out
}

func hide[T any](rows []T, n int) []T {
	return rows[:len(rows)-min(max(0, n), len(rows))]
}
