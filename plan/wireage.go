package plan

import (
	"fmt"
	"time"
)

// ageWire is the form of an [Age] in JSON. In words: that nothing is remembered is
// another thing than that nothing was there.
type ageWire struct {
	News      string `json:"news"`
	Since     string `json:"since"`
	Nights    int    `json:"nights"`
	GrownFrom int    `json:"grown_from"`
}

func news() []News { return []News{Unremembered, New, Grown, Open} }

func (a *Age) wire() ageWire {
	w := ageWire{News: a.News.String(), Nights: a.Nights, GrownFrom: a.From}
	if !a.Since.IsZero() {
		w.Since = a.Since.Format(time.RFC3339)
	}
	return w
}

func (w *ageWire) age() (Age, error) {
	a := Age{Nights: w.Nights, From: w.GrownFrom}
	if w.Nights < 0 || w.GrownFrom < 0 {
		return Age{}, fmt.Errorf("nights %d and grown_from %d: neither is less than 0", w.Nights, w.GrownFrom)
	}
	var err error
	if a.News, err = parseWord("news", w.News, news(), News.String); err != nil {
		return Age{}, err
	}
	if w.Since != "" {
		a.Since, err = parseTime("since", w.Since)
	}
	return a, err
}
