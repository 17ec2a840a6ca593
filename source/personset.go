package source

import "math/bits"

// personSet is a set of people, with a bit for each: a million people are 125 kB,
// and an empty set is nothing.
type personSet []uint64

func (s personSet) has(i PersonIndex) bool {
	word := int(i / 64)
	return word < len(s) && s[word]&(1<<(i%64)) != 0
}

func (s *personSet) put(i PersonIndex) {
	if word := int(i / 64); word >= len(*s) {
		*s = append(*s, make([]uint64, word+1-len(*s))...)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s personSet) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}
