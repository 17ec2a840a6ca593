package ldapproxy

import (
	"slices"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Seen is what a proxy was asked, in the order of its coming, and how much it
// answered.
type Seen struct {
	Connections int
	Binds       []Bind
	Searches    []Search
	Bytes       int // that clients were sent, TLS apart
}

// A Bind is an attempt to say who somebody is.
type Bind struct {
	DN        string
	Password  bool   // whether one was sent
	Mechanism string // of SASL; empty where there is none
	TLS       bool
}

// A Search is one request; each page is one.
type Search struct {
	Base       string
	Scope      int // as in package ldap
	Filter     string
	Attributes []string // as they were asked for, with options
	Paged      bool
	Page       int // from 1, also where there are no pages
}

// Seen returns what the proxy was asked since it started, or Forget.
func (p *Proxy) Seen() Seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.seen
	s.Binds, s.Searches = slices.Clone(s.Binds), slices.Clone(s.Searches)
	return s
}

// Forget begins counting anew.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = Seen{}
}

func (p *Proxy) note(add func(*Seen)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.seen)
}

// bindOf reads a request to bind.
func bindOf(operation *ber.Packet, secure bool) Bind {
	b := Bind{TLS: secure}
	if len(operation.Children) < 3 {
		return b
	}
	b.DN = text(operation.Children[1])
	switch how := operation.Children[2]; {
	case how.Tag == 0:
		b.Password = how.Data.Len() > 0
	case len(how.Children) > 0:
		b.Mechanism = text(how.Children[0])
	}
	return b
}

// searchOf reads a search, but for its page. It says false where that is none.
func searchOf(m message) (s Search, ok bool) {
	fields := m.operation().Children
	if len(fields) < 8 {
		return s, false
	}
	s.Base = text(fields[0])
	scope, _ := fields[1].Value.(int64)
	s.Scope = int(scope)
	filter, err := ldap.DecompileFilter(fields[6])
	if err != nil {
		return s, false
	}
	s.Filter = filter
	for _, attribute := range fields[7].Children {
		s.Attributes = append(s.Attributes, text(attribute))
	}
	_, _, s.Paged = m.paging()
	return s, true
}
