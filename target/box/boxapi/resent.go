package boxapi

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// watched returns a context that notices how often a request is sent. net/http
// sends a read again by itself when a connection that it kept breaks: Box has
// then counted two, and so does the client when the function is called. What is
// sent so is neither paced nor kept within [Config.MaxCalls].
func (c *Client) watched(ctx context.Context) (_ context.Context, count func()) {
	var sent atomic.Int64
	trace := &httptrace.ClientTrace{WroteHeaders: func() { sent.Add(1) }}
	return httptrace.WithClientTrace(ctx, trace), func() { c.calls.Add(max(0, sent.Load()-1)) }
}
