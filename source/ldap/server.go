package ldap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/rollcall-sync/rollcall/source/ldap/dn"
	"github.com/rollcall-sync/rollcall/source/ldap/wire"
)

// server is the server that a read is of, and those to which it refers.
type server struct {
	config *Config
	url    string
	root   wire.Root
	first  *wire.Conn
	// second is a connection to the same server, for the other stream; nil where
	// there is none to be had.
	second *wire.Conn

	mu     sync.Mutex // for others, while two streams are read
	others map[branch]*wire.Conn
}

// branch is where a stream was referred to. Each stream has connections of its own:
// on one, a server forgets a paged search when another begins.
type branch struct {
	stream *wire.Conn
	url    string
}

// connect opens the connections to one server.
func connect(ctx context.Context, c *Config, url string) (*server, error) {
	s := &server{config: c, url: url, others: map[branch]*wire.Conn{}}
	var err error
	if s.first, err = wire.Dial(ctx, url, c.Server); err != nil {
		return nil, err
	}
	if s.root, err = s.first.Root(ctx); err != nil {
		s.close()
		return nil, err
	}
	if err := s.connectAgain(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// connectAgain opens the second connection, to the address that the first one
// reached: behind one name may be several servers. Behind one address may be several
// too; where domain controllers say who they are, and are two, the first does
// everything.
func (s *server) connectAgain(ctx context.Context) error {
	second, err := s.first.Again(ctx, s.config.Server)
	if err != nil {
		return err
	}
	s.second = second
	root, err := second.Root(ctx)
	if err != nil {
		return err
	}
	if root.DNSHostName != s.root.DNSHostName {
		second.Close()
		s.second = nil
	}
	return nil
}

func (s *server) close() {
	for _, c := range s.others {
		c.Close()
	}
	if s.second != nil {
		s.second.Close()
	}
	s.first.Close()
}

// origin names the server for people: its URL, and who it says it is.
func (s *server) origin() string {
	u, err := url.Parse(s.url)
	if err != nil || s.root.DNSHostName == "" || strings.EqualFold(u.Hostname(), s.root.DNSHostName) {
		return s.url
	}
	return fmt.Sprintf("%s (%s)", s.url, s.root.DNSHostName)
}

// everywhere searches, and goes where the server refers to as far as that is
// allowed. It returns the places to which it did not go.
func (r *reading) everywhere(ctx context.Context, c *wire.Conn, search wire.Search, take func(*wire.Conn, wire.Page) error) ([]string, error) {
	t := &tour{reading: r, stream: c, take: take, been: map[string]bool{}}
	err := t.search(ctx, c, search)
	return t.left, err
}

// tour is one search, on all the servers that it leads to.
type tour struct {
	*reading

	stream *wire.Conn // to the server that refers elsewhere

	take func(*wire.Conn, wire.Page) error
	been map[string]bool // by URL, as servers do refer to each other
	left []string
}

// search searches on one server, and then where that one refers to. A base that is on
// another server altogether is no place to leave out: nothing would be left.
func (t *tour) search(ctx context.Context, c *wire.Conn, search wire.Search) error {
	var references []string
	err := c.Pages(ctx, search, func(page wire.Page) error {
		references = append(references, page.References...)
		return t.take(c, page)
	})
	if urls, referred := wire.Referred(err); referred {
		other, there, follow := t.first(ctx, urls, search)
		if follow != nil || other == nil {
			return errors.Join(follow, err)
		}
		return t.search(ctx, other, there)
	}
	if err != nil {
		return err
	}
	for _, reference := range references {
		if err := t.follow(ctx, reference, search); err != nil {
			return err
		}
	}
	return nil
}

// first returns the first of some URLs that may be followed, to each of which the
// whole search can be put.
func (t *tour) first(ctx context.Context, urls []string, search wire.Search) (*wire.Conn, wire.Search, error) {
	for _, reference := range urls {
		if t.been[reference] {
			continue
		}
		t.been[reference] = true
		place, other, err := t.refer(ctx, t.stream, reference)
		if err != nil || other != nil {
			return other, place.Search(search), err
		}
	}
	return nil, search, nil
}

// follow goes on with a search where one reference leads.
func (t *tour) follow(ctx context.Context, reference string, search wire.Search) error {
	if t.been[reference] {
		return nil
	}
	t.been[reference] = true
	place, other, err := t.refer(ctx, t.stream, reference)
	switch {
	case err != nil:
		return err
	case other != nil:
		return t.search(ctx, other, place.Search(search))
	case !ownPartition(place.DN):
		t.left = append(t.left, reference)
	}
	return nil
}

// ownPartition reports whether a reference of Active Directory is to what has neither
// groups nor people: each search of a whole domain ends with these ([MS-ADTS]
// 3.1.1.3.1.3.4).
func ownPartition(name string) bool {
	key, err := dn.Key(name)
	if err != nil {
		return false
	}
	for _, partition := range []string{"cn=configuration,", "cn=schema,cn=configuration,", "dc=domaindnszones,", "dc=forestdnszones,"} {
		if strings.HasPrefix(key, partition) {
			return true
		}
	}
	return false
}

// refer returns where a URL leads, and a connection to it if the configuration names
// its host; otherwise there is none, and nobody is sent anything.
func (r *reading) refer(ctx context.Context, stream *wire.Conn, reference string) (wire.Place, *wire.Conn, error) {
	place, err := wire.ParsePlace(reference)
	if err != nil {
		return wire.Place{}, nil, nil // it leads nowhere
	}
	server := r.config.allowed(place, r.server.url)
	if server == "" {
		return place, nil, nil
	}
	c, err := r.server.other(ctx, branch{stream, server})
	if err != nil {
		return place, nil, fmt.Errorf("follow the referral to %s: %w", reference, err)
	}
	return place, c, nil
}

// other returns a stream's connection to another server.
func (s *server) other(ctx context.Context, to branch) (*wire.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.others[to]; c != nil {
		return c, nil
	}
	c, err := wire.Dial(ctx, to.url, s.config.Server)
	if err != nil {
		return nil, err
	}
	s.others[to] = c
	return c, nil
}

// allowed returns the URL of the server that a referral leads to, or "" if its host is
// not among those that are named. It is spoken to as the first server is, so that
// nobody can refer out of TLS.
func (c *Config) allowed(place wire.Place, own string) string {
	scheme, _, _ := strings.Cut(own, "://")
	host, port := splitHost(place.Host)
	for _, named := range c.ReferralHosts {
		namedHost, namedPort := splitHost(strings.ToLower(named))
		if namedHost != host || namedPort != "" && port != "" && namedPort != port {
			continue
		}
		switch {
		case namedPort != "":
			port = namedPort
		case !strings.HasPrefix(place.Server, scheme+"://"):
			port = "" // that of another scheme
		}
		u := url.URL{Scheme: scheme, Host: host}
		if strings.ContainsRune(host, ':') {
			u.Host = "[" + host + "]"
		}
		if port != "" {
			u.Host = net.JoinHostPort(host, port)
		}
		return u.String()
	}
	return ""
}

// splitHost returns a host without its brackets, and its port or "".
func splitHost(text string) (host, port string) {
	u := url.URL{Host: text}
	return u.Hostname(), u.Port()
}
