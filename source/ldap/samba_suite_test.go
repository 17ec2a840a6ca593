package ldap_test

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/ldap"
	"github.com/rollcall-sync/rollcall/source/sourcetest"
)

// TestSamba_suite puts the worlds of the suite into the domain. The reader is an
// ordinary user.
func TestSamba_suite(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]worldForm{
		"attribute": {edit: func(c *ldap.Config) { c.Admins.Attribute = "nonSecurityMember" }, attribute: true},
		"companion": {edit: func(c *ldap.Config) { c.Admins.Group = "{name} - admins" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sourcetest.Run(t, newWorlds(form).open)
		})
	}
}

func TestSamba_leavers(t *testing.T) {
	t.Parallel()
	sourcetest.RunLeavers(t, newWorlds(worldForm{}).open)
}

// worldForm is how the worlds say who is admin.
type worldForm struct {
	edit      func(*ldap.Config)
	attribute bool // of the group; otherwise it is a companion group
}

// worlds are the worlds that are in the domain, by their names: two sources of one
// world read the same entries, as the ids of entries are the server's.
type worlds struct {
	form worldForm

	mu    sync.Mutex
	units map[string]*unit
}

func newWorlds(form worldForm) *worlds { return &worlds{form: form, units: map[string]*unit{}} }

func (ws *worlds) open(t *testing.T, w sourcetest.World) sourcetest.Source {
	t.Helper()
	return sourceOf(t, ws.unit(t, w).config(), func(c *ldap.Config) {
		// A cn has at most 64 characters and no space around it.
		c.Groups.Name = "displayName"
		c.Groups.Filter = "(&(objectClass=group)(!(info=companion)))"
		c.People.LeaverOU = "OU=Left," + c.Users.BaseDN
		c.People.LeaverFilter = "(employeeType=left)"
		if ws.stated(w) {
			ws.form.edit(c)
		}
	})
}

func (*worlds) stated(w sourcetest.World) bool {
	return slices.ContainsFunc(w.Groups, func(g sourcetest.Group) bool {
		return len(g.Members) > 0 && g.Members[0].Role != source.Unstated
	})
}

func (ws *worlds) unit(t *testing.T, w sourcetest.World) *unit {
	t.Helper()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if u := ws.units[w.Name]; u != nil {
		return u
	}
	u := newUnit(t)
	u.change(t, ws.ldif(w))
	ws.units[w.Name] = u
	return u
}

// ldif writes a world down: people, those who have left, each in another way, and
// groups.
func (ws *worlds) ldif(w sourcetest.World) string {
	b := &worldText{names: map[string]string{}}
	for _, g := range w.Groups {
		for _, m := range g.Members {
			b.person(m.Login, m.Name, "OU=People", "userAccountControl: 544")
		}
	}
	signs := []string{"userAccountControl: 546", "userAccountControl: 544\nemployeeType: left", "userAccountControl: 544\naccountExpires: 132000000000000000", "userAccountControl: 544"}
	listed := map[string][]string{}
	for i, l := range w.Left {
		parent := "OU=People"
		if i%len(signs) == len(signs)-1 {
			parent = "OU=Left"
		}
		b.person(l.Login, l.Name, parent, signs[i%len(signs)])
		for _, g := range l.Listed {
			listed[g] = append(listed[g], "member: "+b.names[l.Login+"/"+l.Name])
		}
	}
	for i, g := range w.Groups {
		b.group(i, g, listed[strings.TrimSpace(g.Name)], ws.form.attribute && ws.stated(w))
		if !ws.form.attribute && ws.stated(w) {
			b.companion(i, g)
		}
	}
	return "dn: OU=People,{ou}\nobjectClass: organizationalUnit\n\ndn: OU=Left,{ou}\nobjectClass: organizationalUnit\n\n" + b.text.String()
}

// worldText is the LDIF of a world in the making.
type worldText struct {
	text  strings.Builder
	names map[string]string // DNs by login and name
}

// adEncoded is a line of LDIF with any value.
func adEncoded(attribute, value string) string {
	return attribute + ":: " + base64.StdEncoding.EncodeToString([]byte(value))
}

func (b *worldText) person(login, name, parent, more string) {
	key := login + "/" + name
	if b.names[key] != "" {
		return
	}
	cn := strings.ToLower(rand.Text()[:10])
	b.names[key] = fmt.Sprintf("CN=%s,%s,{ou}", cn, parent)
	fmt.Fprintf(&b.text, "dn: %s\nobjectClass: user\nsAMAccountName: %s\n%s\n%s\n", b.names[key], cn, adEncoded("displayName", name), more)
	if login != "" {
		b.text.WriteString(adEncoded("mail", login) + "\n")
	}
	b.text.WriteString("\n")
}

func (b *worldText) group(i int, g sourcetest.Group, left []string, admins bool) {
	more := left
	for _, m := range g.Members {
		attribute := "member"
		if admins && m.Role == source.Admin {
			attribute = "nonSecurityMember"
		}
		more = append(more, attribute+": "+b.names[m.Login+"/"+m.Name])
	}
	if g.Description != "" {
		more = append(more, adEncoded("description", g.Description))
	}
	b.entry(fmt.Sprintf("g%d", i), g.Name, more)
}

// companion has the admins of a group, whom the group itself has too.
func (b *worldText) companion(i int, g sourcetest.Group) {
	more := []string{"info: companion"}
	for _, m := range g.Members {
		if m.Role == source.Admin {
			more = append(more, "member: "+b.names[m.Login+"/"+m.Name])
		}
	}
	b.entry(fmt.Sprintf("g%d admins", i), strings.TrimSpace(g.Name)+" - admins", more)
}

func (b *worldText) entry(cn, name string, more []string) {
	slices.Sort(more)
	b.text.WriteString(adGroup(cn, append(slices.Compact(more), adEncoded("displayName", name))...) + "\n")
}
