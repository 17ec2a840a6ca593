package stories_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/played"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// trouble stands between a run and the emulator. While there is any, requests
// are answered one after the other, so that it meets those that it is for.
type trouble struct {
	mu     sync.Mutex
	pages  int
	orders []*order
	killAt int
	pid    int // of the run that goes on
	nth    int // write of it
	dead   bool

	meanwhile *meanwhile
}

// order is trouble for some requests.
type order struct {
	words, method, path string
	what                string
	n                   int    // of hides and loses
	code                string // of the error that is answered with a status
	page, after, times  int

	met int
}

// fails reads an order.
func (b *box) fails(args []string) {
	b.w.Helper()
	o := &order{words: strings.Join(args, " "), times: 1000}
	var there bool
	o.method, o.path, there = strings.Cut(args[0], " ")
	require.True(b.w, there && strings.HasPrefix(o.path, "/"), "%q is no METHOD PATH", args[0])
	o.path = "/2.0" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllStringFunc(o.path, func(name string) string {
		return b.id(strings.Trim(name, "{}"))
	})
	for _, word := range args[1:] {
		if strings.HasPrefix(word, "{") {
			o.what = word
			continue
		}
		switch key, value, given := strings.Cut(word, "="); key {
		case "code":
			o.code = value
		case "page":
			o.page = b.w.Number(value)
		case "after":
			o.after = b.w.Number(value)
		case "times":
			o.times = b.w.Number(value)
		default:
			o.what = key
			if given {
				o.n = b.w.Number(value)
			}
		}
	}
	b.orders = append(b.orders, o)
}

// id is that of a group, by its name, or of a user, by their login.
func (b *box) id(name string) string {
	b.w.Helper()
	if g, there := b.Group(name); there {
		return g.ID
	}
	for _, u := range b.Users() {
		if u.Login == name {
			return u.ID
		}
	}
	b.w.Fatalf("Box has neither a group nor a user %s", name)
	return ""
}

// unmet lists the orders that no request met: such a story proves nothing.
func (b *box) unmet() []string {
	var out []string
	for _, o := range b.orders {
		if o.met <= o.after {
			out = append(out, o.words)
		}
	}
	if b.meanwhile != nil && !b.meanwhile.ran {
		out = append(out, "meanwhile")
	}
	return out
}

// watch notes the run that goes on.
func (b *box) watch(pid int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pid, b.nth, b.dead = pid, 0, false
}

// talk answers in the emulator's place where there is trouble.
func (b *box) talk(rw http.ResponseWriter, r *http.Request) bool {
	if b.pages == 0 && len(b.orders) == 0 && b.killAt == 0 && b.meanwhile == nil {
		return false
	}
	b.mu.Lock()
	unlock := sync.OnceFunc(b.mu.Unlock)
	defer unlock()
	if b.dead {
		panic(http.ErrAbortHandler)
	}
	b.shorten(r)
	o := b.ordered(r)
	switch {
	case o == nil && b.meanwhile.meets(r):
		b.during(rw, r, unlock)
	case o != nil && o.what == "silence":
		unlock() // it is long
		b.answer(rw, r, o)
	case o != nil:
		b.answer(rw, r, o)
	case b.killAt > 0 && r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/2.0/"):
		b.kill(rw, r)
	default:
		b.Server.ServeHTTP(rw, r)
	}
	return true
}

// shorten makes the pages of a list short: Box uses the limit that it likes.
func (b *box) shorten(r *http.Request) {
	query := r.URL.Query()
	if limit, err := strconv.Atoi(query.Get("limit")); err == nil && b.pages > 0 && limit > b.pages {
		query.Set("limit", strconv.Itoa(b.pages))
		r.URL.RawQuery = query.Encode()
	}
}

// kill ends the run when the write took effect that it is to die of.
func (b *box) kill(rw http.ResponseWriter, r *http.Request) {
	if b.nth++; b.nth < b.killAt {
		b.Server.ServeHTTP(rw, r)
		return
	}
	b.Server.ServeHTTP(httptest.NewRecorder(), r)
	b.dead, b.killAt = true, 0
	if process, err := os.FindProcess(b.pid); err != nil || process.Kill() != nil {
		b.w.Error("the run could not be killed")
	}
	panic(http.ErrAbortHandler)
}

// ordered returns the trouble that a request has.
func (b *box) ordered(r *http.Request) *order {
	for _, o := range b.orders {
		prefix, any := strings.CutSuffix(o.path, "*")
		if r.Method != o.method || r.URL.Path != o.path && (!any || !strings.HasPrefix(r.URL.Path, prefix)) {
			continue
		}
		if o.page > 0 {
			offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
			limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
			if limit == 0 || offset/limit+1 != o.page {
				continue
			}
		}
		if o.met++; o.met > o.after && o.met <= o.after+o.times {
			return o
		}
	}
	return nil
}

// answer answers with trouble.
func (b *box) answer(rw http.ResponseWriter, r *http.Request, o *order) {
	inject := func(f emulator.Failure) {
		f.Method, f.PathPrefix = r.Method, r.URL.Path
		b.Inject(f)
		b.Server.ServeHTTP(rw, r)
	}
	switch o.what {
	case "hangup", "html", "silence":
		played.Speaks(b.w, o.what)(rw, r)
	case "lost":
		inject(emulator.Failure{After: true})
	case "cut":
		inject(emulator.Failure{Truncate: true})
	case "clean-cut":
		inject(emulator.Failure{Truncate: true, CleanEnd: true})
	case "empty":
		say(rw, `{"total_count": 0, "limit": 1000, "offset": 0, "entries": []}`)
	case "hides", "loses":
		answer := httptest.NewRecorder()
		b.Server.ServeHTTP(answer, r)
		maps.Copy(rw.Header(), answer.Header())
		say(rw, fewer(b.w, answer.Body.Bytes(), o.n, o.what == "loses"))
	default:
		if strings.HasPrefix(o.what, "{") {
			say(rw, o.what)
			return
		}
		inject(emulator.Failure{Status: b.w.Number(o.what), Code: o.code})
	}
}

func say(rw http.ResponseWriter, body string) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Del("Content-Length")
	_, _ = rw.Write([]byte(body)) // the run may be gone
}

// fewer leaves the last rows of a page out, and where they are lost out of its
// total, too.
func fewer(w *world, body []byte, n int, lost bool) string {
	var page map[string]any
	require.NoError(w, json.Unmarshal(body, &page))
	rows, _ := page["entries"].([]any)
	total, _ := page["total_count"].(float64)
	page["entries"] = rows[:max(0, len(rows)-n)]
	if lost {
		page["total_count"] = max(0, total-float64(n))
	}
	text, err := json.Marshal(page)
	require.NoError(w, err)
	return string(text)
}
