//go:build !race

package wire_test

// sevens is how many values are read in ranges of 7.
const sevens = members
