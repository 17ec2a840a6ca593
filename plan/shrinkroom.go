package plan

import "slices"

// roomInSources returns the room of the sources that were measured against an earlier
// run: for groups, and for memberships. A source that has grown has lost nothing.
func (p *Plan) roomInSources() []Room {
	h := &p.Header
	var rooms []Room
	for i := range h.Sources {
		e := &h.Sources[i]
		at := slices.IndexFunc(h.Remembered, func(r RememberedSource) bool { return r.Name == e.Name })
		if at < 0 {
			continue
		}
		l := newLoss(e, h.Remembered[at].SourceCounts, &h.Limits, h.Allowed)
		held := p.holdsShrunk(e.Name)
		for _, of := range []struct {
			noun               string
			lost, total, floor int
		}{
			{"group", l.lost.Groups, l.of.Groups, l.floor.Groups},
			{"membership", l.lost.Memberships, l.of.Memberships, l.floor.Memberships},
		} {
			r := check{RuleSourceShrink, l.limit, of.floor, 0, "lost " + of.noun, of.total, of.noun}.room()
			r.Source, r.Due = e.Name, max(0, of.lost)
			r.Bound = held && r.Due > r.Allowed
			rooms = append(rooms, r)
		}
	}
	return rooms
}
