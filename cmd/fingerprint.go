package cmd

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/rollcall-sync/rollcall/plan"
)

// fingerprint is of what decides which changes a plan has: which groups and
// people the run is about, how they are read, and whose they are. Limits, rates,
// paths, addresses, secrets and logging are not in it: they may differ between
// the machine that makes a plan and the one that applies it.
func (c *config) fingerprint() plan.Fingerprint {
	sources := make([]any, len(c.Sources))
	for i, s := range c.Sources {
		if s.CSV == nil { // it is refused elsewhere
			sources[i] = s.Name
			continue
		}
		sources[i] = []any{s.Name, s.CSV.Delimiter, s.CSV.Columns, s.CSV.DefaultRole, s.CSV.OnBadRow}
	}
	m := c.Members
	return plan.Fingerprint{
		{Name: "groups", Digest: digestOf(texts(c.Groups.Include), texts(c.Groups.Exclude), c.Groups.Create, c.Groups.Adopt, c.Groups.Settings,
			c.Groups.Rename, c.mappedGroups())},
		{Name: "members", Digest: digestOf(m.Domains, texts(m.Protect), texts(m.Ignore), m.Remove, m.ManageRoles, m.AdminPermissions, m.Rewrite)},
		{Name: "sources", Digest: digestOf(sources...)},
	}
}

// digestOf returns the digest of plain values.
func digestOf(values ...any) string {
	// Strings, booleans and structs of them always become JSON.
	text, _ := json.Marshal(values)
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func texts(patterns []pattern) []string {
	out := make([]string, len(patterns))
	for i, p := range patterns {
		out[i] = p.String()
	}
	return out
}
