package cmd

import (
	"fmt"
	"strings"
)

// chosenProblems checks what chooses groups and people. An empty pattern matches
// nothing, and what is no domain is nobody's: that somebody is protected, or that
// a run is about them, would be a wrong belief.
func (c *config) chosenProblems(bad func(string, ...any)) {
	c.emptyPatterns(c.Groups.Include, bad, "groups", "include")
	c.emptyPatterns(c.Groups.Exclude, bad, "groups", "exclude")
	c.emptyPatterns(c.Members.Protect, bad, "members", "protect")
	c.emptyPatterns(c.Members.Ignore, bad, "members", "ignore")
	for i := range c.Policies {
		c.emptyPatterns(c.Policies[i].Protect, bad, "policies", i, "protect")
	}
	for i, d := range c.Members.Domains {
		if !looksLikeDomain(foldDomain(d)) {
			key := []any{"members", "domains", i}
			bad(fmt.Sprintf("%s is %q; write a domain alone, such as acme.example", dotted(key), d), key...)
		}
	}
}

func (c *config) emptyPatterns(patterns []pattern, bad func(string, ...any), key ...any) {
	for i, p := range patterns {
		if p.String() == "" {
			at := below(key, i)
			bad(dotted(at)+" is empty, and matches nothing: complete it, or take it out", at...)
		}
	}
}

// foldDomain returns a domain as logins are compared with it.
func foldDomain(d string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@"))
}

// looksLikeDomain tells a domain from an address, a URL and a pattern.
func looksLikeDomain(d string) bool {
	return d != "" && !strings.ContainsAny(d, "@/:*?,; \t\r\n") && !strings.HasPrefix(d, ".") && !strings.HasSuffix(d, ".")
}
