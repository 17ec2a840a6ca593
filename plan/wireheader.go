package plan

import (
	"fmt"
	"time"

	"github.com/rollcall-sync/rollcall/source"
)

// Format is the version of the plan file that this program writes, and the only
// one that it reads.
const Format = 1

type headerWire struct {
	Format       int               `json:"format"`
	Tool         string            `json:"tool"`
	Created      string            `json:"created"`
	Expires      string            `json:"expires"`
	Instance     string            `json:"instance"`
	EnterpriseID string            `json:"enterprise_id"`
	Enterprise   string            `json:"enterprise"`
	Account      string            `json:"account"`
	Fingerprint  []partWire        `json:"fingerprint"`
	Scope        scopeWire         `json:"scope"`
	Sources      []evidenceWire    `json:"sources"`
	Remembered   []rememberedWire  `json:"remembered"`
	Compared     comparedWire      `json:"compared"`
	Limits       limitsWire        `json:"limits"`
	GroupLimits  []groupLimitsWire `json:"group_limits"`
	Allowed      []string          `json:"allowed"`
	AllowAll     []string          `json:"allow_all"`
	Paused       []pausedWire      `json:"paused"`
	Notices      []noticeWire      `json:"notices"`
	Kept         keptWire          `json:"kept"`
	Blocked      bool              `json:"blocked"`
	Calls        callsWire         `json:"calls"`
	ChangeRef    string            `json:"change_ref"`
	ApprovedBy   string            `json:"approved_by"`
}

type partWire struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

type scopeWire struct {
	Groups       []string `json:"groups"`
	SkipRemovals bool     `json:"skip_removals"`
	EmptyOrphans []string `json:"empty_orphans"`
}

type evidenceWire struct {
	Name           string   `json:"name"`
	Kind           string   `json:"kind"`
	Origin         string   `json:"origin"`
	Digest         string   `json:"digest"`
	Notes          []string `json:"notes"`
	Groups         int      `json:"groups"`
	Memberships    int      `json:"memberships"`
	GroupsComplete bool     `json:"groups_complete"`
}

type rememberedWire struct {
	Name        string `json:"name"`
	Groups      int    `json:"groups"`
	Memberships int    `json:"memberships"`
}

type comparedWire struct {
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
	Logins      int `json:"logins"`
	NewUnknown  int `json:"new_unknown"`
}

type pausedWire struct {
	Group  string `json:"group"`
	Until  string `json:"until"`
	Reason string `json:"reason"`
	Groups int    `json:"groups"`
	Set    string `json:"set,omitempty"`
}

type keptWire struct {
	Protected int `json:"protected"`
	Additive  int `json:"additive"`
	Roles     int `json:"roles"`
	Ignored   int `json:"ignored"`
	Domains   int `json:"domains"`
}

type callsWire struct {
	Made          int64  `json:"made"`
	RatePerMinute int    `json:"rate_per_minute"`
	Lookup        string `json:"lookup"`
}

// wire returns the header's form in JSON. It fails on what would be read back as
// something else.
func (h *Header) wire() (headerWire, error) {
	w := headerWire{
		Format: Format, Tool: h.Tool, Instance: h.Instance, EnterpriseID: h.EnterpriseID, Enterprise: h.Enterprise,
		Account: h.Account, Fingerprint: []partWire{}, Sources: []evidenceWire{}, Remembered: []rememberedWire{}, Compared: comparedWire(h.Compared),
		Allowed: []string{}, AllowAll: list(h.AllowAll), Paused: []pausedWire{}, Kept: keptWire(h.Kept), Blocked: h.Blocked, Calls: callsWire(h.Calls),
		ChangeRef: h.ChangeRef, ApprovedBy: h.ApprovedBy,
	}
	for _, part := range h.Fingerprint {
		w.Fingerprint = append(w.Fingerprint, partWire(part))
	}
	for i := range h.Sources {
		e := evidenceWire(h.Sources[i])
		e.Notes = list(e.Notes)
		w.Sources = append(w.Sources, e)
	}
	for _, r := range h.Remembered {
		w.Remembered = append(w.Remembered, rememberedWire{r.Name, r.Groups, r.Memberships})
	}
	var err error
	if w.Created, err = timeWire("created", h.Created); err != nil {
		return w, err
	}
	if w.Expires, err = timeWire("expires", h.Expires); err != nil {
		return w, err
	}
	if w.Scope, err = h.Scope.wire(); err != nil {
		return w, err
	}
	if w.Limits, err = h.Limits.wire(); err != nil {
		return w, err
	}
	if w.GroupLimits, err = groupLimitsOf(h.GroupLimits); err != nil {
		return w, err
	}
	for _, a := range h.Allowed {
		if back, err := ParseAllowance(a.String()); err != nil || back != a {
			return w, fmt.Errorf("the allowance %q would be read back as another", a.String())
		}
		w.Allowed = append(w.Allowed, a.String())
	}
	if w.Notices, err = noticesWire(h.Notices); err != nil {
		return w, err
	}
	for _, p := range h.Paused {
		until, err := timeWire("paused", p.Until)
		if err != nil {
			return w, err
		}
		one := pausedWire{Group: p.Group, Until: until, Reason: p.Reason, Groups: p.Groups}
		if !p.Set.IsZero() {
			if one.Set, err = timeWire("paused", p.Set); err != nil {
				return w, err
			}
		}
		w.Paused = append(w.Paused, one)
	}
	return w, nil
}

// header returns the header that has the form. A format that is not ours is found
// where the line differs from what would be written.
func (w *headerWire) header() (Header, error) {
	h := Header{
		Tool: w.Tool, Instance: w.Instance, EnterpriseID: w.EnterpriseID, Enterprise: w.Enterprise, Account: w.Account,
		Compared: Compared(w.Compared), Kept: Kept(w.Kept), Blocked: w.Blocked, Calls: Calls(w.Calls),
		ChangeRef: w.ChangeRef, ApprovedBy: w.ApprovedBy, AllowAll: unlist(w.AllowAll),
	}
	for _, part := range w.Fingerprint {
		h.Fingerprint = append(h.Fingerprint, FingerprintPart(part))
	}
	for _, e := range w.Sources {
		e.Notes = unlist(e.Notes)
		h.Sources = append(h.Sources, source.Evidence(e))
	}
	for _, r := range w.Remembered {
		h.Remembered = append(h.Remembered, RememberedSource{r.Name, SourceCounts{r.Groups, r.Memberships}})
	}
	var err error
	if h.Created, err = parseTime("created", w.Created); err != nil {
		return h, err
	}
	if h.Expires, err = parseTime("expires", w.Expires); err != nil {
		return h, err
	}
	if h.Scope, err = w.Scope.scope(); err != nil {
		return h, err
	}
	if h.Limits, err = w.Limits.limits(); err != nil {
		return h, err
	}
	for i := range w.GroupLimits {
		l, err := w.GroupLimits[i].limits()
		if err != nil {
			return h, fmt.Errorf("group_limits: %w", err)
		}
		h.GroupLimits = append(h.GroupLimits, l)
	}
	for _, text := range w.Allowed {
		a, err := ParseAllowance(text)
		if err != nil {
			return h, fmt.Errorf("allowed: %w", err)
		}
		h.Allowed = append(h.Allowed, a)
	}
	if h.Notices, err = noticesOf(w.Notices); err != nil {
		return h, err
	}
	for _, p := range w.Paused {
		until, err := parseTime("paused", p.Until)
		if err != nil {
			return h, err
		}
		one := Paused{Group: p.Group, Until: until, Reason: p.Reason, Groups: p.Groups}
		if p.Set != "" {
			if one.Set, err = parseTime("paused", p.Set); err != nil {
				return h, err
			}
		}
		h.Paused = append(h.Paused, one)
	}
	return h, nil
}

func checkFormat(format int) error {
	switch {
	case format > Format:
		return fmt.Errorf("the plan has format %d, and this program reads format %d; use a newer rollcall", format, Format)
	case format < Format:
		return fmt.Errorf("the plan has format %d, which there never was; this program reads format %d", format, Format)
	}
	return nil
}

func timeWire(what string, t time.Time) (string, error) {
	text := t.Format(time.RFC3339)
	back, err := time.Parse(time.RFC3339, text)
	if err != nil || !back.Equal(t) || t.Location() != time.UTC {
		return "", fmt.Errorf("%s: %s is not a time in UTC and in whole seconds", what, t)
	}
	return text, nil
}

func parseTime(what, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.UTC().Format(time.RFC3339) != s {
		return time.Time{}, fmt.Errorf("%s: %q is not a time in UTC and in whole seconds, such as 2026-11-23T04:00:00Z", what, s)
	}
	return t.UTC(), nil
}

func (s *Scope) wire() (scopeWire, error) {
	w := scopeWire{Groups: []string{}, SkipRemovals: s.SkipRemovals, EmptyOrphans: list(s.EmptyOrphans)}
	for _, p := range s.Groups {
		if !readsBack(p) {
			return w, fmt.Errorf("scope.groups: the pattern %q would be read back as another", p.String())
		}
		w.Groups = append(w.Groups, p.String())
	}
	return w, nil
}

// readsBack reports whether the pattern's text gives the pattern. The one that
// matches nothing has the text of the one that matches the empty name.
func readsBack(p source.Pattern) bool {
	back, err := source.ParsePattern(p.String())
	return err == nil && back.Match("") == p.Match("")
}

func (w *scopeWire) scope() (Scope, error) {
	s := Scope{SkipRemovals: w.SkipRemovals, EmptyOrphans: unlist(w.EmptyOrphans)}
	for _, glob := range w.Groups {
		p, err := source.ParsePattern(glob)
		if err != nil {
			return s, fmt.Errorf("scope.groups: %w", err)
		}
		s.Groups = append(s.Groups, p)
	}
	return s, nil
}
