//go:build race

package wire_test

// sevens is how many values are read in ranges of 7: each takes a whole answer of the
// server behind the proxy, which the race detector makes slow.
const sevens = 350
