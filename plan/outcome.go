package plan

// Outcome is what became of one change.
type Outcome uint8

// The outcomes. NotAttempted is the zero value: whatever nobody reported on
// was not attempted.
const (
	NotAttempted Outcome = iota
	Applied              // made, and settled
	Already              // true before us
	Skipped              // no longer wanted, or drifted
	Failed               // tried, and refused
)

// String returns the outcome's word in reports.
func (o Outcome) String() string {
	switch o {
	case Applied:
		return "applied"
	case Already:
		return "already"
	case Skipped:
		return "skipped"
	case Failed:
		return "failed"
	default:
		return "not_attempted"
	}
}

// Result is what became of the change at the same place of the plan.
type Result struct {
	Outcome Outcome
	// Detail says what was found or refused, for people; empty when applied.
	Detail string
}

// Tally counts results by outcome. Its fields sum to the number of results.
type Tally struct {
	Applied, Already, Skipped, Failed, NotAttempted int
}

// TallyOf counts the results.
func TallyOf(results []Result) Tally {
	var t Tally
	for _, r := range results {
		switch r.Outcome {
		case Applied:
			t.Applied++
		case Already:
			t.Already++
		case Skipped:
			t.Skipped++
		case Failed:
			t.Failed++
		default:
			t.NotAttempted++
		}
	}
	return t
}

// Total returns the number of results counted.
func (t Tally) Total() int { return t.Applied + t.Already + t.Skipped + t.Failed + t.NotAttempted }
