package wire

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Place is where a referral leads, and what of a request is another one there
// (RFC 4511, 4.1.10 and 4.5.3).
type Place struct {
	Server string // ldap://HOST[:PORT] or ldaps://HOST[:PORT]
	Host   string // HOST or HOST:PORT, in lower case
	DN     string // "": the one that was asked for
	Scope  *Scope // nil: the one that was asked for
	Filter string // "": the one that was asked for
}

// Search returns what is to be searched there, to go on with a search.
func (p Place) Search(s Search) Search {
	if p.DN != "" {
		s.Base = p.DN
	}
	if p.Scope != nil {
		s.Scope = *p.Scope
	}
	if p.Filter != "" {
		s.Filter = p.Filter
	}
	return s
}

// ParsePlace reads an LDAP URL (RFC 4516) as far as a referral needs it: the
// attributes that it names are those of somebody else's request. What it does not
// understand, and what may not be passed over, is an error.
func ParsePlace(text string) (Place, error) {
	a, err := parseAddress(text)
	if err != nil {
		return Place{}, err
	}
	u, err := url.Parse(text)
	if err != nil {
		return Place{}, fmt.Errorf("%q is no address of a directory", text)
	}
	p := Place{Server: a.url, Host: strings.ToLower(u.Host), DN: strings.TrimPrefix(u.Path, "/")}
	if strings.Contains(text, "#") {
		return Place{}, fmt.Errorf("the URL %q: a # is not written as %%23, so that nobody can tell what is behind it", text)
	}
	if err := p.parse(u.RawQuery); err != nil {
		return Place{}, fmt.Errorf("the URL %q: %w", text, err)
	}
	return p, nil
}

// parse reads attributes?scope?filter?extensions.
func (p *Place) parse(query string) error {
	parts := strings.Split(query, "?")
	if len(parts) > 4 {
		return errors.New("it has more parts than an LDAP URL")
	}
	for i, part := range parts {
		var err error
		if parts[i], err = url.PathUnescape(part); err != nil {
			return err
		}
	}
	parts = append(parts, "", "", "")
	if err := p.setScope(parts[1]); err != nil {
		return err
	}
	if p.Filter = parts[2]; p.Filter != "" {
		if _, err := ldap.CompileFilter(p.Filter); err != nil {
			return fmt.Errorf("the filter %q: %w", p.Filter, err)
		}
	}
	for extension := range strings.SplitSeq(parts[3], ",") {
		if strings.HasPrefix(extension, "!") {
			return fmt.Errorf("it wants %s to be minded, which is not known here", extension[1:])
		}
	}
	return nil
}

func (p *Place) setScope(name string) error {
	if name == "" {
		return nil
	}
	scope, known := map[string]Scope{"base": Base, "one": One, "sub": Sub}[strings.ToLower(name)]
	if !known {
		return fmt.Errorf("%q is no scope", name)
	}
	p.Scope = &scope
	return nil
}
