package ldap

import (
	"fmt"
	"strings"
)

// failedAll says that several servers were asked, and that none gave everything.
type failedAll struct{ failures []error }

// failed returns the one failure as it is, and several as a [*failedAll].
func failed(failures []error) error {
	if len(failures) == 1 {
		return failures[0]
	}
	return &failedAll{failures}
}

// Error says what came of each, one a line.
func (e *failedAll) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "none of %d servers gave everything:", len(e.failures))
	for _, failure := range e.failures {
		text.WriteString("\n" + failure.Error())
	}
	return text.String()
}

// Unwrap returns what came of each.
func (e *failedAll) Unwrap() []error { return e.failures }
