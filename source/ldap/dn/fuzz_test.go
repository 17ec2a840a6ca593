package dn_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

// FuzzKey holds the keys of two names against the parser that we did not write:
// names that it calls equal have one key, and what it refuses has none.
func FuzzKey(f *testing.F) {
	for _, c := range keys() {
		f.Add(c.name, c.key)
		f.Add(strings.ToUpper(c.name), c.name)
	}
	f.Add(`cn="a, b"`, "<SID=S-1-5-32-544>")
	f.Add("=cn=#3003020101", `cn=\FF`)
	f.Add("cn=a<b", "cn=a\x00")
	f.Fuzz(func(t *testing.T, a, b string) {
		keyA, errA := checkKey(t, a)
		keyB, errB := checkKey(t, b)
		parsedA, refusedA := ldap.ParseDN(a)
		parsedB, refusedB := ldap.ParseDN(b)
		if refusedA != nil && errA == nil || refusedB != nil && errB == nil {
			t.Fatalf("%q has the key %q, %q has %q; the parser says %v and %v", a, keyA, b, keyB, refusedA, refusedB)
		}
		if errA != nil || errB != nil || hasIota(parsedA) || hasIota(parsedB) {
			return
		}
		if parsedA.EqualFold(parsedB) && keyA != keyB {
			t.Fatalf("%q has the key %q and %q, which is equal, has %q", a, keyA, b, keyB)
		}
		if parsedB.AncestorOfFold(parsedA) && !dn.Within(keyA, keyB) {
			t.Fatalf("%q is below %q, and %q is not within %q", a, b, keyA, keyB)
		}
		if keys, _ := ldap.ParseDN(keyA); dn.Within(keyA, keyB) != (keyA == keyB || ancestor(keyB).AncestorOf(keys)) {
			t.Fatalf("whether %q is within %q", keyA, keyB)
		}
	})
}

// checkKey checks what holds for one name alone, and returns its key.
func checkKey(t *testing.T, name string) (string, error) {
	t.Helper()
	key, err := dn.Key(name)
	slow, slowErr := dn.AppendParsed(nil, name)
	if (err == nil) != (slowErr == nil) || string(slow) != key {
		t.Fatalf("%q has the keys %q and %q, with the errors %v and %v", name, key, slow, err, slowErr)
	}
	rdn, rdnErr := dn.RDN(name)
	if (rdnErr == nil) != (err == nil) {
		t.Fatalf("%q: %v and %v", name, err, rdnErr)
	}
	if err != nil {
		return "", err
	}
	if again, err := dn.Key(key); err != nil || again != key || !utf8.ValidString(key) {
		t.Fatalf("%q has the key %q, and that has %q, %v", name, key, again, err)
	}
	if other, err := dn.Key(norm.NFD.String(key)); err != nil || other != key {
		t.Fatalf("%q has the key %q and decomposed %q, %v", name, key, other, err)
	}
	parsed, err := ldap.ParseDN(key)
	if err != nil {
		t.Fatalf("%q has the key %q, and that is no name: %v", name, key, err)
	}
	above := len(parsed.RDNs)
	for k, ok := key, above > 0; ok; k, ok = dn.Parent(k) {
		if !dn.Within(key, k) || dn.Within(k, key) != (k == key) {
			t.Fatalf("%q is above %q and does not hold it", k, key)
		}
		above--
	}
	if above != 0 || (len(rdn) > 0) != (len(parsed.RDNs) > 0) {
		t.Fatalf("%q has %d RDNs, and %d more than parents", key, len(parsed.RDNs), above)
	}
	if dn.Deleted(key) && dn.Conflict(key) {
		t.Fatalf("%q is both deleted and in conflict", key)
	}
	return key, nil
}

// ancestor reads a key.
func ancestor(key string) *ldap.DN {
	parsed, err := ldap.ParseDN(key)
	if err != nil {
		return &ldap.DN{}
	}
	return parsed
}

// hasIota reports whether a value has the iota below a letter, which the parser's
// comparison takes for the letter iota.
func hasIota(name *ldap.DN) bool {
	return slices.ContainsFunc(name.RDNs, func(rdn *ldap.RelativeDN) bool {
		return slices.ContainsFunc(rdn.Attributes, func(a *ldap.AttributeTypeAndValue) bool {
			return strings.ContainsRune(norm.NFD.String(a.Value), '\u0345')
		})
	})
}
