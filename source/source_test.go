package source_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/source"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, key, spelt, domain string
	}{
		{"plain", "ann@example.com", "ann@example.com", "ann@example.com", "example.com"},
		{"folded", " Ann.Lee@Example.COM\t", "ann.lee@example.com", "Ann.Lee@Example.COM", "example.com"},
		{"two_ats", `"a@b"@Example.com`, `"a@b"@example.com`, `"a@b"@Example.com`, "example.com"},
		{"unicode", "Jörg@BÜCHER.example", "jörg@bücher.example", "Jörg@BÜCHER.example", "bücher.example"},
		{"no_at", "ann", "ann", "ann", ""},
		{"nothing", "  ", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			login := source.NewLogin(tt.in)
			assert.Equal(t, tt.key, login.Key())
			assert.Equal(t, tt.spelt, login.String())
			assert.Equal(t, tt.domain, login.Domain())
			assert.Equal(t, tt.key == "", login.IsZero())
			assert.Equal(t, login.Key(), source.NewLogin(login.Key()).Key(), "folding twice changes nothing")
		})
	}
	assert.Equal(t, source.Login{}, source.NewLogin(""))
}

func TestFoldIdentifier(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"rollcall:Main:HR:Finance ": "rollcall:Main:HR:finance",
		"rollcall:Main:HR:A:B":      "rollcall:Main:HR:a:b",
		"okta:ABC":                  "okta:ABC",
		"rollcall:X":                "rollcall:X",
		"":                          "",
	} {
		assert.Equal(t, want, source.FoldIdentifier(in))
	}
}

func TestParseRole(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]source.Role{
		"": source.Unstated, " unstated ": source.Unstated, "Member": source.Member, "ADMIN": source.Admin,
	} {
		role, err := source.ParseRole(in)
		require.NoError(t, err)
		assert.Equal(t, want, role, "%q", in)
	}
	for _, role := range []source.Role{source.Unstated, source.Member, source.Admin} {
		again, err := source.ParseRole(role.String())
		require.NoError(t, err)
		assert.Equal(t, role, again)
	}
	_, err := source.ParseRole("boss")
	assert.EqualError(t, err, `unknown role "boss"; roles are member, admin, or nothing`)
}

func TestParseIdentifier(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, instance, source, id string
		ok                             bool
	}{
		{"plain", "rollcall:main:hr:Finance", "main", "hr", "Finance", true},
		{"colons_in_the_name", "rollcall:main:hr:a:b::c", "main", "hr", "a:b::c", true},
		{"colon_first", "rollcall:main:hr::x", "main", "hr", ":x", true},
		{"spaces", "rollcall:main:hr: x ", "main", "hr", " x ", true},
		{"somebody_else", "okta:main:hr:Finance", "", "", "", false},
		{"other_case", "Rollcall:main:hr:Finance", "", "", "", false},
		{"no_id", "rollcall:main:hr:", "", "", "", false},
		{"no_source", "rollcall:main::x", "", "", "", false},
		{"no_instance", "rollcall::hr:x", "", "", "", false},
		{"two_parts", "rollcall:main:hr", "", "", "", false},
		{"prefix_only", "rollcall:", "", "", "", false},
		{"empty", "", "", "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			instance, key, ok := source.ParseIdentifier(tt.in)
			assert.Equal(t, tt.ok, ok)
			assert.Equal(t, tt.instance, instance)
			assert.Equal(t, source.GroupKey{Source: tt.source, ID: tt.id}, key)
			if ok {
				assert.Equal(t, tt.in, key.Identifier(instance))
			}
		})
	}
}

func TestIdentifier_roundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[^:]+`)
		key := source.GroupKey{Source: word.Draw(t, "source"), ID: rapid.StringN(1, -1, -1).Draw(t, "id")}
		instance := word.Draw(t, "instance")
		gotInstance, gotKey, ok := source.ParseIdentifier(key.Identifier(instance))
		if !ok || gotInstance != instance || gotKey != key {
			t.Fatalf("%q %v came back as %q %v, %v", instance, key, gotInstance, gotKey, ok)
		}
	})
}

func TestPositionError(t *testing.T) {
	t.Parallel()
	why := errors.New("no group")
	for want, position := range map[string]source.Position{
		"f.csv: no group":     {File: "f.csv"},
		"f.csv:7: no group":   {File: "f.csv", Line: 7},
		"f.csv:7:3: no group": {File: "f.csv", Line: 7, Column: 3},
	} {
		err := fmt.Errorf("read: %w", &source.PositionError{Position: position, Err: why})
		assert.EqualError(t, err, "read: "+want)
		assert.ErrorIs(t, err, why)
	}
}
