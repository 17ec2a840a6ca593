package sample

import "testing"

func TestShare(t *testing.T) {
	for _, c := range [][4]int{{1, 2, 100, 50}, {1, 0, 100, 0}, {0, 4, 100, 0}, {-1, 4, 100, 0}, {9, 3, 200, 200}, {9, 3, 90, 90}, {1, 4, 10, 10}} {
		if got := Share(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("Share(%d, %d, %d) = %d", c[0], c[1], c[2], got)
		}
	}
}

func TestCount(t *testing.T) {
	if got := Count([]string{"a", "b", "skip", "c"}, map[string]bool{"skip": true}); got != 3 {
		t.Errorf("counted %d", got)
	}
}
