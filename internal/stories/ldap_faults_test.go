package stories_test

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/ldapproxy"
)

// breaks puts a fault in place, at ${LDAP} or at the proxy that at= names.
func (d *directory) breaks(args []string) {
	d.w.Helper()
	proxy := "LDAP"
	var rest []string
	for _, arg := range args {
		if word, ok := strings.CutPrefix(arg, "at="); ok {
			proxy = word
			continue
		}
		rest = append(rest, arg)
	}
	require.Contains(d.w, d.proxies, proxy)
	d.broken[strings.Join(args, " ")] = d.proxies[proxy].Break(d.newFault(rest))
}

func (d *directory) mend() {
	d.w.Helper()
	require.Empty(d.w, d.unmet(), "trouble that no run met is over")
	for _, p := range d.proxies {
		p.Mend()
	}
}

// newFault reads a fault. WHERE is bind, groups or people (the searches that find
// them), ranges (of what groups list), or search (whichever). WHAT is drop, cut,
// stall, result, entries (the result comes behind what there is), refer, reference,
// lose-paging, spoil-cookie, echo-only, jump or short, as package ldapproxy has them;
// after=, code= and url= say more of it.
func (d *directory) newFault(words []string) ldapproxy.Fault {
	d.w.Helper()
	kind, known := map[string]ldapproxy.Kind{
		"drop": ldapproxy.Drop, "cut": ldapproxy.Cut, "stall": ldapproxy.Stall, "result": ldapproxy.Result, "entries": ldapproxy.Result,
		"refer": ldapproxy.Refer, "reference": ldapproxy.Reference, "lose-paging": ldapproxy.LosePaging, "spoil-cookie": ldapproxy.SpoilCookie,
		"echo-only": ldapproxy.EchoOnly, "jump": ldapproxy.Jump, "short": ldapproxy.Short,
	}[words[1]]
	require.True(d.w, known, "there is no fault %q", words[1])
	f := ldapproxy.Fault{Kind: kind, Entries: words[1] == "entries"}
	switch words[0] {
	case "bind":
		f.On = ldapproxy.OnBind
	case "groups", "people":
		base := "ou=" + words[0] + "," + suffix
		f.When = func(s ldapproxy.Search) bool { return s.Base == base && s.Paged }
	case "ranges":
		f.When = func(s ldapproxy.Search) bool {
			return strings.HasPrefix(strings.Join(s.Attributes, " "), "member;range=")
		}
	case "search":
	default:
		d.w.Fatalf("nothing breaks at %q", words[0])
	}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "page":
			f.Page = d.w.Number(value)
		case "after":
			f.After = d.w.Number(value)
		case "times":
			f.Times = d.w.Number(value)
		case "code":
			f.Code = uint16(d.w.Number(value)) //nolint:gosec // a result code
		case "url":
			f.URL = value
		default:
			d.w.Fatalf("a fault has no %q", key)
		}
	}
	return f
}
