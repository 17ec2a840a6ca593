package report

import (
	"fmt"
	"io"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
)

// JSONFormat is the version of the document that [JSON] writes;
// docs/schemas/plan.schema.json describes it.
const JSONFormat = 1

// Run is what became of a plan.
type Run struct {
	ID             string
	Started, Ended time.Time
	// Stopped says why the run ended early; empty where it did not.
	Stopped string
	// Results has one entry for each change of the plan, in their order.
	Results []plan.Result
	// Calls counts the requests that the run made.
	Calls int64
}

type countsJSON struct {
	Add      int `json:"add"`
	Change   int `json:"change"`
	Remove   int `json:"remove"`
	Held     int `json:"held"`
	Findings int `json:"findings"`
}

type runJSON struct {
	ID      string    `json:"id"`
	Started string    `json:"started"`
	Ended   string    `json:"ended"`
	Stopped string    `json:"stopped"`
	Calls   int64     `json:"calls"`
	Tally   tallyJSON `json:"tally"`
}

type tallyJSON struct {
	Applied      int `json:"applied"`
	Already      int `json:"already"`
	Skipped      int `json:"skipped"`
	Failed       int `json:"failed"`
	NotAttempted int `json:"not_attempted"`
}

type resultJSON struct {
	Outcome string `json:"outcome"`
	Detail  string `json:"detail"`
}

// JSON writes a plan, and what became of it where there is a run, as one JSON
// document. Its parts are those of a plan file. Equal plans give equal bytes.
func JSON(w io.Writer, p *plan.Plan, run *Run) error {
	if run != nil && len(run.Results) != len(p.Changes) {
		return fmt.Errorf("%s for %s", plan.Count(len(run.Results), "result"), plan.Count(len(p.Changes), "change"))
	}
	d := newDocument(w)
	d.open("", '{')
	d.value("format", JSONFormat)
	d.value("header", p.Header)
	d.value("digest", p.Digest())
	d.value("counts", countsJSON(p.Counts()))
	d.value("calls_to_apply", p.CallsToApply())
	d.value("headroom", p.Headroom())
	if run != nil {
		d.value("run", runJSON{
			ID: run.ID, Started: second(run.Started), Ended: second(run.Ended), Stopped: run.Stopped, Calls: run.Calls,
			Tally: tallyJSON(plan.TallyOf(run.Results)),
		})
	}
	d.open("groups", '[')
	for i := range p.Groups {
		d.value("", p.Groups[i])
	}
	d.close(']')
	d.changes(p.Changes, run)
	d.open("holds", '[')
	for i := range p.Holds {
		d.openObject(p.Holds[i])
		d.changes(p.Holds[i].Changes, nil)
		d.close('}')
	}
	d.close(']')
	d.open("findings", '[')
	for i := range p.Findings {
		d.value("", p.Findings[i])
	}
	d.close(']')
	d.close('}')
	d.text("\n")
	if d.err != nil {
		return d.err
	}
	return d.out.Flush()
}

func second(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// changes writes a list of changes, each with what became of it.
func (d *document) changes(changes []plan.Change, run *Run) {
	d.open("changes", '[')
	for i := range changes {
		if run == nil {
			d.value("", changes[i])
			continue
		}
		r := run.Results[i]
		d.joined(changes[i], resultJSON{Outcome: r.Outcome.String(), Detail: r.Detail})
	}
	d.close(']')
}
