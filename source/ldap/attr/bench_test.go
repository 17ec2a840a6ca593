package attr_test

import (
	"testing"

	"github.com/rollcall-sync/rollcall/source/ldap/attr"
)

func BenchmarkGUID(b *testing.B) {
	b.ReportAllocs()
	raw := []byte("0123456789abcdef")
	for b.Loop() {
		if _, err := attr.GUID(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUniqueMember(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if attr.UniqueMember("uid=user012345,ou=people,dc=example,dc=org") == "" {
			b.Fatal("nothing is left")
		}
	}
}

func BenchmarkRange(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, ok, err := attr.Range("member;range=0-1499", "member"); !ok || err != nil {
			b.Fatal(err)
		}
	}
}
