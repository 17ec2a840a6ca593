package wire

import (
	"context"
	"slices"
	"strings"
)

// Root is what a server says of itself (RFC 4512, 5.1). A server says as much of it
// as it likes.
type Root struct {
	Vendor          string   // vendorName and vendorVersion, or OpenLDAP
	DNSHostName     string   // of a domain controller
	NamingContexts  []string // the tops of what the server has
	ActiveDirectory bool     // or something that says it is
	Paging          bool     // it says that it gives pages
	Secure          bool     // the connection is under TLS
}

// What a server says that it can do: Active Directory's capability of being one
// ([MS-ADTS] 3.1.1.3.4.3), and pages (RFC 2696).
const (
	capabilityAD  = "1.2.840.113556.1.4.800"
	controlPaging = "1.2.840.113556.1.4.319"
)

// Root reads what the server says of itself.
func (c *Conn) Root(ctx context.Context) (Root, error) {
	e, err := c.Entry(ctx, "", "", []string{
		"vendorName", "vendorVersion", "dnsHostName", "namingContexts", "supportedCapabilities", "supportedControl", "objectClass",
	})
	if err != nil || e == nil {
		return Root{Secure: c.secure()}, err
	}
	contexts := slices.Sorted(slices.Values(Values(e, "namingContexts")))
	return Root{
		Vendor:          vendorOf(e),
		DNSHostName:     First(e, "dnsHostName"),
		NamingContexts:  contexts,
		ActiveDirectory: slices.Contains(Values(e, "supportedCapabilities"), capabilityAD),
		Paging:          slices.Contains(Values(e, "supportedControl"), controlPaging),
		Secure:          c.secure(),
	}, nil
}

// vendorOf returns what a server says it is. OpenLDAP says so only by the class of
// the entry.
func vendorOf(e *Entry) string {
	vendor := strings.TrimSpace(First(e, "vendorName") + " " + First(e, "vendorVersion"))
	if vendor == "" && slices.Contains(Values(e, "objectClass"), "OpenLDAProotDSE") {
		return "OpenLDAP"
	}
	return vendor
}

// Values returns the values of an attribute, whose name is in any case: servers
// answer with the schema's spelling, whatever was asked for.
func Values(e *Entry, attribute string) []string {
	for _, a := range e.Attributes {
		if strings.EqualFold(a.Name, attribute) {
			return a.Values
		}
	}
	return nil
}

// Raw returns the values of an attribute that is no text.
func Raw(e *Entry, attribute string) [][]byte {
	values := Values(e, attribute)
	raw := make([][]byte, len(values))
	for i, value := range values {
		raw[i] = []byte(value)
	}
	return raw
}

// First returns the first value of an attribute, or "".
func First(e *Entry, attribute string) string {
	if values := Values(e, attribute); len(values) > 0 {
		return values[0]
	}
	return ""
}
