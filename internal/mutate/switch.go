package main

// switches is the file that is added to the package: what the changed files call.
// The mutant that is on does not change while the tests run, and 0 is none.
const switches = `package %s

import (
	"cmp"
	"os"
	"strconv"
)

var mutantOn = func() int {
	n, _ := strconv.Atoi(os.Getenv("MUTANT"))
	return n
}()

type mutantNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func mutantNot(id int, is bool) bool { return is != (mutantOn == id) }

func mutantEdgeIn(id int, is, edge bool) bool { return is || mutantOn == id && edge }

func mutantEdgeOut(id int, is, edge bool) bool { return is && !(mutantOn == id && edge) }

func mutantAnd(id int, a bool, b func() bool) bool {
	if mutantOn == id {
		return a || b()
	}
	return a && b()
}

func mutantOr(id int, a bool, b func() bool) bool {
	if mutantOn == id {
		return a && b()
	}
	return a || b()
}

func mutantAdd[T mutantNumber](id int, a, b T) T {
	if mutantOn == id {
		return a - b
	}
	return a + b
}

func mutantSub[T mutantNumber](id int, a, b T) T {
	if mutantOn == id {
		return a + b
	}
	return a - b
}

func mutantMul[T mutantNumber](id int, a, b T) T {
	if mutantOn == id {
		return a / b
	}
	return a * b
}

func mutantDiv[T mutantNumber](id int, a, b T) T {
	if mutantOn == id {
		return a * b
	}
	return a / b
}

func mutantMax[T cmp.Ordered](id int, a, b T) T {
	if mutantOn == id {
		return min(a, b)
	}
	return max(a, b)
}

func mutantMin[T cmp.Ordered](id int, a, b T) T {
	if mutantOn == id {
		return max(a, b)
	}
	return min(a, b)
}

func mutantKeep(id int) bool { return mutantOn != id }
`
