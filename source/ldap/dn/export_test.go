package dn

// The two ways to a key, and the folding of a value, for tests that compare them.
var (
	AppendPlain  = appendPlain
	AppendParsed = appendParsed
	Fold         = fold
)
