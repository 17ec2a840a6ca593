//go:build !race

package ldap_test

// manyRanges is of how many values the ranges are of which many are read.
const manyRanges = 7
