package plan

import (
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// The types below are the forms that plan files and reports have in JSON. They
// are apart from the types that the program works with, so that a name can
// change on one side only. Every field is always there; what there is none of is
// empty. Ids are strings, as Box sends them: not every reader of JSON keeps a
// number of 64 bits whole.

type groupWire struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
	Source     string `json:"source"`
	Key        string `json:"key"`
}

type summaryWire struct {
	groupWire

	NameInSource string `json:"name_in_source"`
	Current      int    `json:"current"`
}

type userWire struct {
	ID    string `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"`
}

type changeWire struct {
	ID               string        `json:"id"`
	Kind             string        `json:"kind"`
	Group            groupWire     `json:"group"`
	User             userWire      `json:"user"`
	Membership       string        `json:"membership"`
	Before           string        `json:"before"`
	After            string        `json:"after"`
	BeforeName       string        `json:"before_name"`
	BeforeIdentifier string        `json:"before_identifier"`
	Settings         []settingWire `json:"settings"`
	Cause            string        `json:"cause"`
	Needs            []string      `json:"needs"`
}

type holdWire struct {
	Rule    string    `json:"rule"`
	Group   groupWire `json:"group"`
	Source  string    `json:"source"`
	Reason  string    `json:"reason"`
	Release string    `json:"release"`

	AcknowledgedUntil  string `json:"acknowledged_until"`
	AcknowledgedReason string `json:"acknowledged_reason"`

	ageWire
}

type findingWire struct {
	Kind    string    `json:"kind"`
	Group   groupWire `json:"group"`
	Login   string    `json:"login"`
	Text    string    `json:"text"`
	Release string    `json:"release"`
}

// idWire spells an id; zero, which is no id, is empty.
func idWire[T ~uint64](id T) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(id), 10)
}

func parseID[T ~uint64](what, s string) (T, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s %q is no id of Box, which is a number", what, s)
	}
	return T(n), nil
}

// list returns s, but never nil: JSON tells no list from an empty one.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// unlist is the inverse of list.
func unlist[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

func (g *GroupRef) wire() groupWire {
	return groupWire{ID: idWire(g.ID), Name: g.Name, Identifier: g.Identifier, Source: g.Key.Source, Key: g.Key.ID}
}

func (w *groupWire) group() (GroupRef, error) {
	id, err := parseID[target.GroupID]("group", w.ID)
	key := source.GroupKey{Source: w.Source, ID: w.Key}
	return GroupRef{Key: key, Identifier: w.Identifier, ID: id, Name: w.Name}, err
}

func (s *GroupSummary) wire() summaryWire {
	return summaryWire{s.Group.wire(), s.NameInSource, s.Current}
}

func (w *summaryWire) summary() (GroupSummary, error) {
	group, err := w.group()
	return GroupSummary{Group: group, NameInSource: w.NameInSource, Current: w.Current}, err
}

func (c *Change) wire() changeWire {
	return changeWire{
		ID: c.ID, Kind: c.Kind.String(), Group: c.Group.wire(),
		User:       userWire{ID: idWire(c.User.ID), Login: c.User.Login, Name: c.User.Name},
		Membership: idWire(c.Membership), Before: roleWord(c.Before), After: roleWord(c.After),
		BeforeName: c.BeforeName, BeforeIdentifier: c.BeforeIdentifier, Settings: settingsWire(c.Settings), Cause: c.Cause.String(), Needs: list(c.Needs),
	}
}

func (w *changeWire) change() (Change, error) {
	c := Change{
		ID: w.ID, User: target.User{Login: w.User.Login, Name: w.User.Name},
		BeforeName: w.BeforeName, BeforeIdentifier: w.BeforeIdentifier, Needs: unlist(w.Needs),
	}
	var err error
	if c.Kind, err = parseWord("kind", w.Kind, kinds(), Kind.String); err != nil {
		return Change{}, err
	}
	if c.Group, err = w.Group.group(); err != nil {
		return Change{}, err
	}
	if c.User.ID, err = parseID[target.UserID]("user", w.User.ID); err != nil {
		return Change{}, err
	}
	if c.Membership, err = parseID[target.MembershipID]("membership", w.Membership); err != nil {
		return Change{}, err
	}
	if c.Before, err = parseWord("role", w.Before, roles(), roleWord); err != nil {
		return Change{}, err
	}
	if c.After, err = parseWord("role", w.After, roles(), roleWord); err != nil {
		return Change{}, err
	}
	if c.Settings, err = settingsOf(w.Settings); err != nil {
		return Change{}, err
	}
	c.Cause, err = parseWord("cause", w.Cause, causes(), Cause.String)
	return c, err
}

func (h *Hold) wire() holdWire {
	w := holdWire{
		Rule: string(h.Rule), Group: h.Group.wire(), Source: h.Source, Reason: h.Reason, Release: h.Release,
		AcknowledgedReason: h.Acknowledged.Reason, ageWire: h.Age.wire(),
	}
	if !h.Acknowledged.Until.IsZero() {
		w.AcknowledgedUntil = h.Acknowledged.Until.Format(time.RFC3339)
	}
	return w
}

func (w *holdWire) hold() (Hold, error) {
	h := Hold{Source: w.Source, Reason: w.Reason, Release: w.Release}
	var err error
	if h.Rule, err = parseWord("rule", w.Rule, rules(), ruleWord); err != nil {
		return Hold{}, err
	}
	h.Acknowledged.Reason = w.AcknowledgedReason
	if w.AcknowledgedUntil != "" {
		if h.Acknowledged.Until, err = parseTime("acknowledged_until", w.AcknowledgedUntil); err != nil {
			return Hold{}, err
		}
	}
	if h.Age, err = w.age(); err != nil {
		return Hold{}, err
	}
	h.Group, err = w.Group.group()
	return h, err
}

func (f *Finding) wire() findingWire {
	return findingWire{
		Kind: string(f.Kind), Group: f.Group.wire(), Login: f.Login.String(), Text: f.Text, Release: f.Release,
	}
}

func (w *findingWire) finding() (Finding, error) {
	f := Finding{Login: source.NewLogin(w.Login), Text: w.Text, Release: w.Release}
	var err error
	if f.Kind, err = parseWord("kind of finding", w.Kind, findingKinds(), findingKindWord); err != nil {
		return Finding{}, err
	}
	f.Group, err = w.Group.group()
	return f, err
}
