package target

// State is what a write came to.
type State uint8

// The states of an [Answer].
const (
	Applied State = iota + 1 // the write took effect
	Already                  // it was true before us; nothing was changed
	Skipped                  // what Box says now forbids it; nothing was changed
)

// Answer is what Box made of one write, settled by reading back where the
// answer itself left doubt. A write that failed has an error and no answer.
type Answer struct {
	State State
	// Group is the group concerned; for a creation the one that now exists.
	Group GroupID
	// Found says what was found where the state is not Applied, for people.
	Found string
	// OtherRole says of an add that the user is in the group, in another role than
	// was asked for.
	OtherRole bool
}

// FatalError says that no further write can succeed: the credentials lack a
// right or were refused. The run stops at the first one.
type FatalError struct {
	Err error
}

// Error describes what was refused.
func (e *FatalError) Error() string { return e.Err.Error() }

// Unwrap returns the refusal.
func (e *FatalError) Unwrap() error { return e.Err }

// NotSentError says that a write was never sent: the run ended while it waited
// for its turn, or the cap on calls was reached. Nothing was refused and nothing
// is in doubt; Box never heard of it. Where that is so of every other write as
// well, it stands inside a [FatalError].
type NotSentError struct {
	Err error
}

// Error describes why the write was not sent.
func (e *NotSentError) Error() string { return e.Err.Error() }

// Unwrap returns what kept the write from being sent.
func (e *NotSentError) Unwrap() error { return e.Err }
