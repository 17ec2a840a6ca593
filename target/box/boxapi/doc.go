// Package boxapi is a client for the part of Box's REST API that deals with
// groups, group memberships and users.
//
// It knows Box's rules and nothing of what its caller wants: it sends one call,
// as often as that is safe and useful, and says exactly what came of it.
// Everything it imports is the standard library and golang.org/x, and a
// [Client] may be used by any number of goroutines at once.
//
//	client, err := boxapi.New(boxapi.Config{
//		Auth: boxapi.ClientCredentials{
//			ClientID: id, ClientSecret: secret,
//			SubjectType: boxapi.SubjectEnterprise, SubjectID: "123456",
//		},
//		RequestsPerMinute: 900,
//	})
//	…
//	for group, err := range client.AllGroups(ctx, boxapi.GroupListOptions{}) {
//
// # Errors
//
// A call that fails returns an [*Error]. Its [Error.Kind] is the only thing to
// branch on; status numbers and codes are for people. A call that was given up
// because its context ended has the kind [Stopped] and wraps
// [context.Cause] of that context.
//
// # Writes in doubt
//
// A write whose reply was lost, or that Box answered with a 5xx, may
// have taken effect all the same; Box says so of its 503. Such writes are
// repeated, and [Error.Uncertain] then tells the caller that the error at hand
// has to be settled by reading: a 409 after a repeated [Client.CreateMembership]
// can be our own success, a 404 after a repeated [Client.DeleteMembership]
// likewise. A write that succeeds in the end returns no error; all of these
// writes have the same effect made twice as once.
//
// # Pace, retries and cost
//
// All calls of one client share one token bucket, and every attempt pays,
// retries and token requests included. A 429 stops every worker until the time
// that Box named, and halves the rate, which then recovers step by step.
// [Client.Calls] counts what was sent, because Box bills calls by the month, and
// [Config.MaxCalls] bounds it.
//
// # Paging
//
// Lists are read by offset, and Box drops rows that the credentials may not
// see after it has cut the page: pages can be short or even empty with more to
// come. The next offset is therefore the one that was asked for plus the limit
// that the answer states, never plus the number of rows; see [Page.NextOffset].
// Offsets end at [OffsetCeiling]; what lies beyond cannot be listed and is
// reported as [ErrOffsetCeiling], never left out in silence. The iterators
// ([Client.AllGroups] and its siblings) do all of this.
//
// # Fields
//
// Lists carry a small standard set of fields. Asking for any field by name
// replaces that set: name every one that is needed, among them name, login and
// group_type. Only the id and the type always come.
//
// # Secrets
//
// Tokens and client secrets appear in no error, log line or formatted value of
// this package; were a server to echo one, it is blotted out. Queries stay out
// of errors and logs as well, because they hold names and addresses of people.
package boxapi
