package dn_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
)

func BenchmarkAppendKey(b *testing.B) {
	for what, name := range map[string]string{
		"plain":   "uid=user012345,ou=people,dc=example,dc=org",
		"cased":   "CN=Jane Doe,OU=People,OU=Berlin,DC=Example,DC=Org",
		"escaped": `CN=Doe\, Jane,OU=People,OU=Berlin,DC=Example,DC=Org`,
		"accents": "CN=José Müller,OU=People,OU=Berlin,DC=Example,DC=Org",
		"multi":   "CN=Jane Doe+UID=jdoe,OU=People,OU=Berlin,DC=Example,DC=Org",
	} {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 256)
			for b.Loop() {
				key, err := dn.AppendKey(buf[:0], name)
				if err != nil || len(key) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKey_own measures a name that is its own key.
func BenchmarkKey_own(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := dn.Key("uid=user012345,ou=people,dc=example,dc=org"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseDN measures what a comparison would cost without the short way.
func BenchmarkParseDN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		name, err := ldap.ParseDN(`CN=Doe\, Jane,OU=People,OU=Berlin,DC=Example,DC=Org`)
		if err != nil || name.String() == "" {
			b.Fatal(err)
		}
	}
}
