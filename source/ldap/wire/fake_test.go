package wire_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"slices"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/internal/authority"
)

// A fake is a server that says what no real one would. To a bind it says yes.
type fake struct {
	listener net.Listener
	options  faked
	wait     sync.WaitGroup

	mu     sync.Mutex
	asked  []string
	open   []net.Conn
	answer func(search *ber.Packet) []*ber.Packet // operations, and controls by withControl
}

// faked says what a fake does.
type faked struct {
	tls      *tls.Config // of the connection, or of StartTLS if that is true
	startTLS bool
	stalls   string      // the operation that has no answer: StartTLS, handshake, bind, search
	reached  func()      // is called then
	refuses  *ber.Packet // the answer to StartTLS
	behind   []byte      // what is sent in the clear right behind it
	answer   func(search *ber.Packet) []*ber.Packet
}

func serve(t testing.TB, o faked) *fake {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &fake{listener: listener, options: o, answer: o.answer}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		cancel()
		_ = listener.Close() // nobody comes any more
		f.mu.Lock()
		for _, conn := range f.open {
			_ = conn.Close() // it may have ended
		}
		f.mu.Unlock()
		f.wait.Wait()
	})
	f.wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.open = append(f.open, conn)
			f.mu.Unlock()
			f.wait.Go(func() { f.talk(ctx, conn) })
		}
	})
	return f
}

func (f *fake) url(scheme string) string { return scheme + "://" + f.listener.Addr().String() }

// operations is what was asked for, in order.
func (f *fake) operations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// says changes what a search is answered.
func (f *fake) says(answer func(search *ber.Packet) []*ber.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// meet notes an operation, and reports whether it is to be answered.
func (f *fake) meet(operation string) bool {
	f.mu.Lock()
	f.asked = append(f.asked, operation)
	f.mu.Unlock()
	if f.options.stalls != operation {
		return true
	}
	if f.options.reached != nil {
		f.options.reached()
	}
	return false
}

func (f *fake) talk(ctx context.Context, conn net.Conn) {
	raw := conn
	defer func() { _ = raw.Close() }() // it may have ended
	if f.options.tls != nil && !f.options.startTLS {
		secured := tls.Server(conn, f.options.tls)
		if secured.HandshakeContext(ctx) != nil {
			return
		}
		conn = secured
	}
	for {
		packet, err := ber.ReadPacket(conn)
		if err != nil || len(packet.Children) < 2 {
			return
		}
		id, operation := packet.Children[0], packet.Children[1]
		switch operation.Tag {
		case ldap.ApplicationExtendedRequest:
			if conn = f.upgrade(ctx, conn, id); conn == nil {
				return
			}
		case ldap.ApplicationBindRequest:
			if f.meet("bind") {
				send(conn, id, outcome(ldap.ApplicationBindResponse, 0))
			}
		case ldap.ApplicationSearchRequest:
			if f.meet("search") {
				f.mu.Lock()
				answer := f.answer
				f.mu.Unlock()
				send(conn, id, answer(packet)...)
			}
		default:
			f.meet("unbind")
			return
		}
	}
}

// upgrade answers StartTLS, and returns what is spoken on from then on.
func (f *fake) upgrade(ctx context.Context, conn net.Conn, id *ber.Packet) net.Conn {
	switch {
	case !f.meet("StartTLS"):
		return conn
	case f.options.refuses != nil:
		send(conn, id, f.options.refuses)
		return conn
	}
	send(conn, id, outcome(ldap.ApplicationExtendedResponse, 0))
	if f.options.behind != nil {
		_, _ = conn.Write(f.options.behind) // the client may have gone
	}
	if !f.meet("handshake") {
		_, _ = io.Copy(io.Discard, conn) // until the client goes
		return nil
	}
	secured := tls.Server(conn, f.options.tls)
	if secured.HandshakeContext(ctx) != nil {
		return nil
	}
	return secured
}

// send sends operations. One with a control is a sequence of both.
func send(conn net.Conn, id *ber.Packet, operations ...*ber.Packet) {
	for _, operation := range operations {
		parts := []*ber.Packet{operation}
		if operation.ClassType == ber.ClassUniversal {
			parts = operation.Children
		}
		m := ber.NewSequence("")
		m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id.Value, ""))
		for _, part := range parts {
			m.AppendChild(part)
		}
		if _, err := conn.Write(m.Bytes()); err != nil {
			return
		}
	}
}

// outcome is an answer with a result.
func outcome(tag ber.Tag, code int64) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "")
	p.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, ""))
	p.AppendChild(octets(""))
	p.AppendChild(octets(""))
	return p
}

// done is the end of a search that went well, with a cookie for the next page.
func done(cookie string) *ber.Packet {
	value := ber.NewSequence("")
	value.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 0, ""))
	value.AppendChild(octets(cookie))
	control := ber.NewSequence("")
	control.AppendChild(octets(ldap.ControlTypePaging))
	control.AppendChild(octets(string(value.Bytes())))
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(control)
	both := ber.NewSequence("")
	both.AppendChild(outcome(ldap.ApplicationSearchResultDone, 0))
	both.AppendChild(controls)
	return both
}

// found is an entry of an answer.
func found(e *ldap.Entry) *ber.Packet {
	p := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	p.AppendChild(octets(e.DN))
	list := ber.NewSequence("")
	for _, a := range e.Attributes {
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range a.Values {
			set.AppendChild(octets(value))
		}
		attribute := ber.NewSequence("")
		attribute.AppendChild(octets(a.Name))
		attribute.AppendChild(set)
		list.AppendChild(attribute)
	}
	p.AppendChild(list)
	return p
}

func octets(value string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, value, "")
}

// showing is the TLS of a server that shows a certificate.
func showing(t testing.TB, by *authority.Authority, leaf authority.Leaf) *tls.Config {
	t.Helper()
	certificate, err := tls.LoadX509KeyPair(by.Issue(t, leaf))
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS10}
}

// home is a certificate for where the tests' servers are.
func home() authority.Leaf {
	return authority.Leaf{CommonName: "fake", Names: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}}
}
