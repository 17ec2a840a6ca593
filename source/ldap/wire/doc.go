// Package wire talks to one directory server: it connects, says who asks, and
// reads. What comes back is whole, or there is an error; it never is a shorter
// list.
//
// # Rules
//
// Every one of these stands against a way in which a directory, a network or the
// library underneath gives less than there is and calls it success.
//
//   - A search is read page by page, each page by one call that waits for all of
//     it. Searches in the background lose entries when whoever reads them is slow.
//   - The library's own timeout is never set, since it drops answers. A deadline
//     and a cancellation close the network connection, which ends any call at once.
//   - Each search has a request of its own: one that is used again still has the
//     last cookie in it, and some servers answer it with nothing.
//   - Paging is asked for as critical, and an answer without the paging control
//     is an error. A server that has no paging says so, and is then asked once for
//     everything.
//   - Any result but success is an error, whatever came before it.
//   - A ranged attribute is followed to its end. Each piece must begin with the last
//     value of the one before, and have as many values as it says.
//   - Who is not believed hears no name and no password: TLS comes first, and from
//     StartTLS there is no way back to clear text. A password is tried once.
//
// A connection is for one goroutine, and for one paged search at a time: servers
// forget the first when a second begins.
package wire
