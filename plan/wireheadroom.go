package plan

// roomWire is how much of one limit a plan takes.
type roomWire struct {
	Rule      string `json:"rule"`
	Counted   string `json:"counted"`
	Due       int    `json:"due"`
	Allowed   int    `json:"allowed"`
	Unlimited bool   `json:"unlimited"`
	Total     int    `json:"total"`
	Among     string `json:"among"`
	Bound     bool   `json:"bound"`
}

type groupRoomWire struct {
	roomWire

	Group groupWire `json:"group"`
}

type sourceRoomWire struct {
	roomWire

	Source string `json:"source"`
}

type headroomWire struct {
	Run     []roomWire       `json:"run"`
	Sources []sourceRoomWire `json:"sources"`
	Groups  []groupRoomWire  `json:"groups"`
}

func (r *Room) wire() roomWire {
	return roomWire{
		Rule: string(r.Rule), Counted: r.What, Due: r.Due, Allowed: r.Allowed, Unlimited: r.Unlimited,
		Total: r.Total, Among: r.Among, Bound: r.Bound,
	}
}

// MarshalJSON returns the headroom as reports have it. It is in no plan file: whoever
// reads one works it out.
func (h Headroom) MarshalJSON() ([]byte, error) {
	w := headroomWire{Run: []roomWire{}, Sources: []sourceRoomWire{}, Groups: []groupRoomWire{}}
	for i := range h.Run {
		w.Run = append(w.Run, h.Run[i].wire())
	}
	for i := range h.Sources {
		w.Sources = append(w.Sources, sourceRoomWire{h.Sources[i].wire(), h.Sources[i].Source})
	}
	for i := range h.Groups {
		w.Groups = append(w.Groups, groupRoomWire{h.Groups[i].wire(), h.Groups[i].Group.wire()})
	}
	return marshal(w)
}
