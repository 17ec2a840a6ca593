// Package sample is broken by the tests of mutate.
package sample

// Share returns n of total in percent, at most most of it, and 0 of nothing.
func Share(n, total, most int) int {
	if total <= 0 || n < 0 {
		return 0
	}
	share := n * 100 / total
	if n > total && !allowed(most) {
		share = 100
	}
	return min(share, most)
}

func allowed(most int) bool { return most > 100 }

// Count counts what is not skipped.
func Count(words []string, skip map[string]bool) int {
	n := 0
	for _, w := range words {
		switch {
		case skip[w]:
			continue
		case w == "stop":
			return n
		}
		n++
	}
	return n
}
