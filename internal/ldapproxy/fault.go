package ldapproxy

import "time"

// What goes wrong.
const (
	Drop        Kind = iota + 1 // the connection ends, after so many messages
	Cut                         // the connection ends in the middle of an entry, after so many messages
	Stall                       // nothing more comes, after so many messages, and the connection stays
	Trickle                     // each message takes its time
	Result                      // another result than the server's
	Refer                       // result 10, with a URL and without entries
	Reference                   // a reference to a URL, among the entries
	LosePaging                  // the answer has no control for pages
	SpoilCookie                 // the cookie for the next page is not the server's
	EchoOnly                    // of a range, only an attribute without values
	Jump                        // a range that begins one value after the one that was asked for
	Short                       // one value less than the range says
)

// Kind is what goes wrong.
type Kind int

// What it goes wrong with.
const (
	OnSearch Operation = iota
	OnBind
	OnStartTLS
)

// Operation is what somebody asks for.
type Operation int

// A Fault is something that goes wrong with the operations that it is about.
// Drop, Stall, Trickle and Result do with each of them, the others with searches,
// and of these EchoOnly, Jump and Short where a proxy with MaxValRange cuts an
// attribute.
type Fault struct {
	Kind Kind

	// On is the operation. Of searches it is those for which When says true, or
	// all if it is nil, and the page Page of them, or each if it is 0. It goes
	// wrong the first Times times, or always if that is 0.
	On    Operation
	When  func(Search) bool
	Page  int
	Times int

	After   int           // Drop, Cut, Stall: so many messages of the answer still come
	Code    uint16        // Result
	Entries bool          // Result: what the page has of entries comes before it
	URL     string        // Refer, Reference
	Delay   time.Duration // Trickle
}

// Broken is a fault that is in place.
type Broken struct {
	proxy *Proxy
	fault Fault
	met   int
}

// Break puts a fault in place, also while the proxy is used, and beside others.
// It is for what is asked from then on.
func (p *Proxy) Break(f Fault) *Broken {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &Broken{proxy: p, fault: f}
	p.faults = append(p.faults, b)
	return b
}

// Mend removes all faults.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Met says how often it went wrong: 0 is a test that did not meet its fault.
func (b *Broken) Met() int {
	b.proxy.mu.Lock()
	defer b.proxy.mu.Unlock()
	return b.met
}

// happens reports whether it goes wrong this time, and counts it.
func (b *Broken) happens() bool {
	b.proxy.mu.Lock()
	defer b.proxy.mu.Unlock()
	if b.fault.Times > 0 && b.met >= b.fault.Times {
		return false
	}
	b.met++
	return true
}

// faultsOf returns the faults that an operation may meet.
func (p *Proxy) faultsOf(on Operation, s Search) []*Broken {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []*Broken
	for _, b := range p.faults {
		f := b.fault
		if f.On != on || f.On == OnSearch && (f.Page > 0 && f.Page != s.Page || f.When != nil && !f.When(s)) {
			continue
		}
		found = append(found, b)
	}
	return found
}
