// Package boxapi is a client for the part of Box's REST API that deals with
// groups, group memberships, users with their email aliases, and the events of
// an enterprise.
//
// It knows Box's rules and nothing of what its caller wants: it sends one call,
// as often as that is safe and useful, and says exactly what came of it.
// It imports the standard library, golang.org/x, and a small module each for
// the assertions and the encrypted keys of JWT apps. A [Client] may be used by
// any number of goroutines at once.
//
//	client, err := boxapi.New(boxapi.Config{
//		Auth: boxapi.ClientCredentials{
//			ClientID: id, ClientSecret: boxapi.NewSecret(secret),
//			SubjectType: boxapi.SubjectEnterprise, SubjectID: "123456",
//		},
//		RequestsPerMinute: 900,
//	})
//	…
//	for group, err := range client.AllGroups(ctx, boxapi.GroupListOptions{}) {
//		if err != nil {
//			return err // what came before is not the whole
//		}
//		…
//	}
//
// Each method is one endpoint, which its comment names; the iterators All… make
// one call for each page.
//
// # Credentials
//
// There are three kinds: [ClientCredentials] and [JWT] for a server application,
// whose tokens the client fetches and renews by itself, and [DeveloperToken] for
// a first look. [ParseJWTConfig] reads the file that Box's developer console
// gives to a JWT app, with the private key in any form that the console or
// OpenSSL writes. A clock of this machine that is wrong does not keep an
// assertion from working; the client says so once. [Config.AsUser] makes every
// call in the name of another user.
//
// [NewTransport] makes a transport that goes through a proxy of your choice, or
// trusts an authority of your own; without it the environment says.
//
// # Errors
//
// A call that fails returns an [*Error]. Its [Error.Kind] is the only thing to
// branch on; status numbers and codes are for people. A call that was given up
// because its context ended has the kind [Stopped] and wraps
// [context.Cause] of that context; [Error.Attempts] is 0 if it was never sent.
// What cannot be a valid call, such as one with a missing id, is [Invalid] and
// not sent. [Error.Advice] says what a person can do about it.
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
// # Permissions of group admins
//
// Box keeps four permissions for each admin of a group, as
// configurable_permissions, and means three different things by leaving them
// out, by null and by an object: see [PermissionSetting]. Lists do not tell
// them; [Client.GetMembership] does.
//
// # Fields
//
// Lists carry a small standard set of fields. Asking for any field by name
// replaces that set: name every one that is needed, among them name, login and
// group_type. Only the id and the type always come. Box documents no fields for
// lists of memberships, collaborations and aliases, and none are sent.
//
// # Aliases
//
// A person whose address in a directory is not known to Box as a login may be
// there all the same: [Client.ListEmailAliases] tells the other addresses of
// one user, at one call each. Nothing finds the user of an alias.
//
// # Events
//
// The events of an enterprise say which groups and users to read again. They
// are hints, not a copy of what happened: kinds are missing, and shapes are
// documented poorly. [Client.AllEvents] reads what a stream has for now and
// tells the position to store; [Client.ListEvents] reads one page. Positions on
// [AdminLogsStreaming] are good for 14 days and events come at least once; on
// [AdminLogs] for 365 days, and a late event can be missed. Read everything now
// and then all the same.
//
// # Headers
//
// [Config.Headers] go out with every API call, those of [WithHeaders] with the
// calls made under that context; neither with token requests. A call under
// As-User is made with the rights of that user: the app must be allowed to act
// as users, and the token's own user be an admin or co-admin.
//
// # Odd answers
//
// Box's answers are not always as documented. Ids are read from strings and
// numbers, entries from arrays and objects. A field of an unexpected type costs
// that field and not the answer: a number where a text belongs is taken as
// text, all else as absent. An id that cannot be read, a list without entries, a
// key of a list that comes twice: these are errors, never rows left out.
//
// What is not Box's at all, such as the login page of a network or the error
// page of a proxy, has the kind [Network] if its status says success, 403 or
// 404, and the kind of its status otherwise: nobody but Box can say that
// something is gone, or that a right is lacking. A read that was answered so is
// repeated; a write is not, and is Uncertain.
//
// # Secrets
//
// Tokens and client secrets appear in no error, log line or formatted value of
// this package; were a server to echo one, it is blotted out. Queries stay out
// of errors and logs as well, because they hold names and addresses of people.
package boxapi
