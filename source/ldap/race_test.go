//go:build race

package ldap_test

// manyRanges is of how many values the ranges are of which many are read: each takes a
// whole answer of the server behind the proxy, which the race detector makes slow.
const manyRanges = 30
