package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NoticeKind says what a notice is about.
type NoticeKind string

// The kinds of notice.
const (
	FirstContact NoticeKind = "first_contact" // nothing was applied here before
	ChangedScope NoticeKind = "changed_scope" // the configuration says otherwise what a run is about
)

func noticeKinds() []NoticeKind { return []NoticeKind{FirstContact, ChangedScope} }

// Notice is what whoever looks at a plan should know before they read it. It changes
// nothing in it.
type Notice struct {
	Kind NoticeKind
	Text string
}

// notices says how this run stands to those that m remembers.
func (d *Differ) notices(m *Memory) []Notice {
	if text := d.firstContact(m); text != "" {
		return []Notice{{FirstContact, text}}
	}
	if m == nil || len(m.Fingerprint) == 0 {
		return nil
	}
	changed := m.Fingerprint.Changed(d.opts.Fingerprint)
	if len(changed) == 0 {
		return nil
	}
	text := "what the configuration says under " + strings.Join(changed, " and ") + "; look first at who is removed, and at the orphans"
	return []Notice{{ChangedScope, text}}
}

// firstContact says what is missing of what earlier runs leave behind: groups of ours
// in Box and, where there is a memory, a run that came to its end. It is empty where
// nothing is. A run that was narrowed does not come to the end of all, and whoever
// narrows every run knows by the second.
func (d *Differ) firstContact(m *Memory) string {
	narrow := len(d.opts.Scope.Groups) > 0 || d.opts.Scope.SkipRemovals
	switch {
	case m != nil && len(m.Fingerprint) > 0, m == nil && d.ours > 0:
		return ""
	case d.ours > 0 && m.Updated.IsZero():
		return fmt.Sprintf("nothing is remembered of earlier runs, and Box has %s of the instance %s; "+
			"if there were runs, run.state_dir was lost or is another one, and with it what rollcall pause had set; the sources are compared with no earlier run",
			Count(d.ours, "group"), d.opts.Instance)
	case d.ours > 0 && narrow:
		return ""
	case d.ours > 0:
		return fmt.Sprintf("no full run is remembered that came to its end, and Box has %s of the instance %s; "+
			"if there was one, run.state_dir was lost or is another one, and what rollcall pause had set before is over; look at all of it before it is applied",
			Count(d.ours, "group"), d.opts.Instance)
	}
	nobody := "Box has no group of the instance " + d.opts.Instance
	if whose, n := d.otherInstances(); n > 0 {
		return fmt.Sprintf("%s, and %s that the sources want %s; if instance was changed in the configuration, change it back; "+
			"to take the groups over, name them in groups.map_file", nobody, Count(n, "group"), whose)
	}
	if m == nil {
		return nobody + " yet; run.state_dir is not set, so that nothing is remembered from run to run"
	}
	return nobody + " yet, and there is no run to compare the sources with; look at all of it before it is applied"
}

// otherInstances says whose the wanted groups are that other instances of this
// program manage, and how many there are.
func (d *Differ) otherInstances() (whose string, n int) {
	for _, count := range d.foreign {
		n += count
	}
	belong := "belong"
	if n == 1 {
		belong = "belongs"
	}
	return belong + " to the instance " + strings.Join(slices.Sorted(maps.Keys(d.foreign)), " or "), n
}

func noticeKindWord(k NoticeKind) string { return string(k) }

type noticeWire struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

// noticesWire returns the notices' form in JSON. It fails on what would not be read
// back.
func noticesWire(notices []Notice) ([]noticeWire, error) {
	w := make([]noticeWire, len(notices))
	for i, n := range notices {
		w[i] = noticeWire{string(n.Kind), n.Text}
	}
	_, err := noticesOf(w)
	return w, err
}

func noticesOf(w []noticeWire) ([]Notice, error) {
	var notices []Notice
	for _, n := range w {
		kind, err := parseWord("kind of notice", n.Kind, noticeKinds(), noticeKindWord)
		if err != nil {
			return nil, fmt.Errorf("notices: %w", err)
		}
		notices = append(notices, Notice{kind, n.Text})
	}
	return notices, nil
}
