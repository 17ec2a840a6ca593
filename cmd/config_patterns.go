package cmd

import (
	"fmt"
	"regexp"
	"strings"
)

// domainPattern is what a mail domain looks like, an @ before it left out.
var domainPattern = regexp.MustCompile(`^[^\s@*?\[\],;:/\\.]([^\s@*?\[\],;:/\\]*[^\s@*?\[\],;:/\\.])?$`)

// foldDomain returns a domain as logins are compared with it.
func foldDomain(text string) string {
	return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(text), "@"))
}

// patternProblems refuses patterns and domains that mean nobody: who is written
// there to be protected would not be.
func (c *config) patternProblems(bad func(string, ...any)) {
	for i, d := range c.Members.Domains {
		if !domainPattern.MatchString(foldDomain(d)) {
			bad(fmt.Sprintf("members.domains[%d] is %q; write a mail domain such as acme.example, and each one that counts", i, d), "members", "domains", i)
		}
	}
	check := func(list []pattern, fault func(string) string, key ...any) {
		for i, p := range list {
			place := below(key, i)
			if text := fault(p.String()); text != "" {
				bad(fmt.Sprintf("%s is %q, %s", dotted(place), p.String(), text), place...)
			}
		}
	}
	check(c.Groups.Include, nameFault, "groups", "include")
	check(c.Groups.Exclude, nameFault, "groups", "exclude")
	check(c.Members.Protect, loginFault, "members", "protect")
	check(c.Members.Ignore, loginFault, "members", "ignore")
	for i := range c.Policies {
		check(c.Policies[i].Protect, loginFault, "policies", i, "protect")
	}
}

// nameFault says why a pattern matches no name at all.
func nameFault(pattern string) string {
	switch {
	case pattern == "":
		return "which matches nothing: take it out"
	case pattern != strings.TrimSpace(pattern):
		return "which matches nothing: take away the blank before or behind it"
	default:
		return ""
	}
}

// loginFault says why a pattern matches no login at all.
func loginFault(pattern string) string {
	if fault := nameFault(pattern); fault != "" {
		return fault
	}
	if !strings.ContainsAny(pattern, "@*?[") {
		return "which matches no login: write a whole one such as amy@acme.example, or a pattern such as amy@*"
	}
	return ""
}
