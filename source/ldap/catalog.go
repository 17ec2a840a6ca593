package ldap

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// catalog reports whether a URL is that of a global catalog, by its port: it has all
// groups of a forest, and the members of those only that are universal or of the
// server's own domain ([MS-ADTS] 3.1.1.1.8). The others look empty.
func catalog(server string) bool {
	u, err := url.Parse(server)
	return err == nil && (u.Port() == "3268" || u.Port() == "3269")
}

// groupType has the scope of a group of Active Directory ([MS-ADTS] 2.2.12).
const groupType = "groupType"

func isUniversal(e *wire.Entry) bool {
	const universal = 8
	flags, err := strconv.ParseInt(wire.First(e, groupType), 10, 32)
	return err == nil && flags&universal != 0
}

// catalogAttributes are what is asked for of groups in a global catalog.
func (c *Config) catalogAttributes() []string {
	if slices.ContainsFunc(c.URLs, catalog) {
		return []string{groupType}
	}
	return nil
}
