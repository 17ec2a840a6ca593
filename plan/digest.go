package plan

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
)

// intentWire opens what the digest is taken of.
type intentWire struct {
	Intent       int       `json:"rollcall_intent"` // the version of this form
	Instance     string    `json:"instance"`
	EnterpriseID string    `json:"enterprise_id"`
	Scope        scopeWire `json:"scope"`
	Allowed      []string  `json:"allowed"`
}

// Digest returns the digest of what the plan is to do: of instance, enterprise,
// scope, allowances and changes. Two plans with one digest do the same, whenever
// and by whatever they were made, and whatever they say beside it: times, causes,
// findings, holds, evidence and wording do not count, and neither does order.
func (p *Plan) Digest() string {
	sum, enc := sha256.New(), newEncoder()
	write := func(v any) {
		line, err := enc.line(v)
		if err != nil {
			panic(err) // unreachable: the wire forms are texts, numbers and lists of them
		}
		sum.Write(line)
	}
	write(p.intent())
	var change changeWire
	for _, i := range p.sortedByID(enc) {
		change = p.Changes[i].intent()
		write(&change)
	}
	return digestText(sum)
}

func digestText(sum hash.Hash) string { return "sha256:" + hex.EncodeToString(sum.Sum(nil)) }

func (p *Plan) intent() intentWire {
	w := intentWire{Intent: 1, Instance: p.Header.Instance, EnterpriseID: p.Header.EnterpriseID}
	w.Scope.SkipRemovals = p.Header.Scope.SkipRemovals
	for _, pattern := range p.Header.Scope.Groups {
		w.Scope.Groups = append(w.Scope.Groups, pattern.String())
	}
	w.Scope.Groups = set(w.Scope.Groups)
	w.Scope.EmptyOrphans = set(p.Header.Scope.EmptyOrphans)
	for _, a := range p.Header.Allowed {
		w.Allowed = append(w.Allowed, a.String())
	}
	w.Allowed = set(w.Allowed)
	return w
}

// intent is the change without what is only said of it.
func (c *Change) intent() changeWire {
	w := c.wire()
	w.Cause = ""
	w.Needs = set(w.Needs)
	return w
}

// set returns the strings in order, each once.
func set(s []string) []string {
	if len(s) < 2 {
		return list(s)
	}
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

// sortedByID returns the places of the changes in the order of their ids. No two
// changes of a sound plan have one id; of those that do, what they say decides.
func (p *Plan) sortedByID(enc *encoder) []int32 {
	order := make([]int32, len(p.Changes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if c := cmp.Compare(p.Changes[a].ID, p.Changes[b].ID); c != 0 || a == b {
			return c
		}
		one, _ := enc.line(p.Changes[a].intent())
		one = bytes.Clone(one)
		other, _ := enc.line(p.Changes[b].intent())
		return bytes.Compare(one, other)
	})
	return order
}
