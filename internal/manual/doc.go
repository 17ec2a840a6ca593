// Package manual holds README and docs to what the program does: every fenced
// block of every page is run, or compared with something. Only its tests do
// anything.
//
// What a block is says the first word behind its fence:
//
//	console       a session: lines that begin with "$ " are run, one after the
//	              other in one shell, and what they print must be what stands
//	              beneath them. A line that is only "…" stands for any lines; "…"
//	              within a line for any text.
//	yaml, csv, …  with a second word, a file of that name, which later blocks of
//	              the page use. yaml without one is a part of a configuration,
//	              from the top: what it leaves out is supplied, and the program must
//	              take it, with the page's files if it names one that stands above.
//	sh            commands for another place than this test. Each must be known to
//	              this package, with what is checked instead.
//
// All blocks of a page share a directory that looks like a fresh clone after
// make build. Nothing else is allowed: a block that nobody checks is a block that
// will be wrong one day. Likewise a file that no block below it names.
//
// Beside the blocks, each command that stands in a line of text, such as
// `rollcall help exit-codes`, must be one that the program can parse, each flag,
// each key of the configuration and each word_like_this one that it has, and each
// link to another file must lead there.
//
// docs/safety.md is held to more: each rule of a plan has a section with the way past
// it, each limit its default, each kind of finding a word; and what it quotes behind
// "> " is made of what package plan says.
package manual
