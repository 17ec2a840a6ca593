package boxapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

var errNoIDInAnswer = errors.New("no id")

// request is one API call as the methods build it.
type request struct {
	method string
	path   string
	query  url.Values
	body   any   // nil for none
	err    error // what is wrong with it; it is then not sent
}

// identified is implemented by everything that Box gives an id.
type identified interface{ identity() ID }

// newRequest builds a request; each id replaces one %s of the pattern.
func newRequest(method, pattern string, ids ...ID) request {
	req := request{method: method, query: url.Values{}}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
		if id == 0 {
			req.err = ErrNoID
		}
	}
	req.path = fmt.Sprintf(pattern, args...)
	return req
}

// set adds a parameter unless it is empty.
func (r request) set(key, value string) request {
	if value != "" {
		r.query.Set(key, value)
	}
	return r
}

func (r request) fields(names []string) request { return r.set("fields", strings.Join(names, ",")) }

func (r request) page(limit, offset int) request {
	switch {
	case offset < 0:
		r.err = fmt.Errorf("offset is negative: %d", offset)
	case offset >= OffsetCeiling:
		r.err = ErrOffsetCeiling
	}
	return r.set("limit", strconv.Itoa(pageLimit(limit))).set("offset", strconv.Itoa(offset))
}

// one sends a request whose answer is one object.
func one[T identified](ctx context.Context, c *Client, req request) (T, error) {
	var got T
	err := c.send(ctx, req, func(body []byte) error {
		fresh, err := decodeObject[T](body)
		if err != nil {
			return err
		}
		if fresh.identity() == 0 {
			return errNoIDInAnswer
		}
		got = fresh
		return nil
	})
	return got, err
}

// list sends a request whose answer is a page.
func list[T identified](ctx context.Context, c *Client, req request, offset int) (Page[T], error) {
	var got Page[T]
	err := c.send(ctx, req, func(body []byte) error {
		page, err := decodeList[T](body)
		if err != nil {
			return err
		}
		page.Offset = offset
		got = page
		return nil
	})
	return got, err
}

// decodeList reads a page, each of whose rows must have an id.
func decodeList[T identified](body []byte) (Page[T], error) {
	page, err := decodePage[T](body)
	if err != nil {
		return Page[T]{}, err
	}
	for i, row := range page.Entries {
		if row.identity() == 0 {
			return Page[T]{}, fmt.Errorf("entry %d: %w", i, errNoIDInAnswer)
		}
	}
	return page, nil
}

// send turns a request into a call and makes it.
func (c *Client) send(ctx context.Context, req request, accept func([]byte) error) error {
	q := &call{
		method: req.method, path: req.path, url: c.base + "/2.0" + req.path,
		accept: accept, write: req.method != http.MethodGet,
	}
	if req.err == nil && req.body != nil {
		q.body, req.err = encode(req.body)
		q.contentType = "application/json"
	}
	if req.err == nil {
		req.err = checkHeaders("WithHeaders", headersOf(ctx))
	}
	if req.err != nil {
		return &Error{Method: q.method, Path: q.path, Err: req.err, kind: Invalid}
	}
	if len(req.query) > 0 {
		q.url += "?" + req.query.Encode()
	}
	return c.do(ctx, q)
}

// encode leaves &, < and > as they are; json.Marshal would escape them.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
