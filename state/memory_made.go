package state

import (
	"time"

	"github.com/rollcall-sync/rollcall/plan"
)

// wireMade is what one run made. Facts have one line each, and no more of it than is
// needed: after a migration there are many.
type wireMade struct {
	Run    string                   `json:"run"`
	At     time.Time                `json:"at"`
	Groups map[string]wireMadeGroup `json:"groups"`
}

type wireMadeGroup struct {
	Facts map[string]string `json:"facts"`
	Again map[string]int    `json:"again,omitempty"`
}

func wireMadeOf(made []plan.Made) []wireMade {
	var w []wireMade
	for _, m := range made {
		groups := make(map[string]wireMadeGroup, len(m.Groups))
		for identifier, g := range m.Groups {
			groups[identifier] = wireMadeGroup(g)
		}
		w = append(w, wireMade{Run: m.Run, At: m.At, Groups: groups})
	}
	return w
}

func madeOf(w []wireMade) []plan.Made {
	var made []plan.Made
	for _, m := range w {
		groups := make(map[string]plan.MadeGroup, len(m.Groups))
		for identifier, g := range m.Groups {
			groups[identifier] = plan.MadeGroup(g)
		}
		made = append(made, plan.Made{Run: m.Run, At: m.At, Groups: groups})
	}
	return made
}
