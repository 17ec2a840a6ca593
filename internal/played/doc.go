// Package played is for tests that play on the built program what people do to
// it: tables of cases in txtar archives, each with a directory, an environment
// and an emulated Box of its own. What a case is, and what is wrong about one, is
// for the packages to say that have such a table.
package played
