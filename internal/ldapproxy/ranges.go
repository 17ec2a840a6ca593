package ldapproxy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// rangeOption is what asks for some of the values of an attribute.
const rangeOption = ";range="

// plainly returns a search that asks for whole attributes where ranges of them
// were asked for, and which these were, by the name of the attribute.
func plainly(m message) (message, map[string]string) {
	fields := m.operation().Children
	ranges := make(map[string]string)
	var names []string
	for _, attribute := range fields[7].Children {
		asked := text(attribute)
		name := asked
		if i := strings.Index(strings.ToLower(asked), rangeOption); i >= 0 {
			name = asked[:i]
			ranges[strings.ToLower(name)] = asked
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(ranges) == 0 {
		return m, nil
	}
	list := ber.NewSequence("")
	for _, name := range names {
		list.AppendChild(octets(name))
	}
	fields = slices.Clone(fields)
	fields[7] = list
	return m.with(rebuilt(m.operation(), fields)), ranges
}

// span is which values were asked for: from first, up to last if it is not
// negative.
type span struct{ first, last int }

// spanOf reads what follows the option in the name of an attribute.
func spanOf(asked string) (s span, ok bool) {
	from, to, ok := strings.Cut(asked[strings.LastIndex(asked, "=")+1:], "-")
	first, err := strconv.Atoi(from)
	if !ok || err != nil || first < 0 {
		return s, false
	}
	if to == "*" {
		return span{first, -1}, true
	}
	last, err := strconv.Atoi(to)
	return span{first, last}, err == nil && last >= first
}

// ranged returns an entry with its attributes cut as they were asked for.
func (c *conn) ranged(x *exchange, m message) message {
	most := c.proxy.options.MaxValRange
	fields := m.operation().Children
	if most == 0 || len(fields) < 2 {
		return m
	}
	list := ber.NewSequence("")
	for _, attribute := range fields[1].Children {
		name, values := text(attribute.Children[0]), attribute.Children[1].Children
		asked, byRange := x.ranges[strings.ToLower(name)]
		if !byRange && len(values) <= most {
			list.AppendChild(attribute)
			continue
		}
		for _, part := range x.cut(name, asked, values, most) {
			list.AppendChild(part)
		}
	}
	return m.with(rebuilt(m.operation(), []*ber.Packet{fields[0], list}))
}

// cut returns what an answer has in the place of an attribute: an empty echo of
// the name that was asked for, unless the range has that name, and the range. Of
// a range behind the end there is nothing.
func (x *exchange) cut(name, asked string, values []*ber.Packet, most int) []*ber.Packet {
	s := span{0, -1}
	if asked == "" {
		asked = name
	} else if given, ok := spanOf(asked); ok {
		s = given
	}
	end := min(s.first+most, len(values))
	if s.last >= 0 {
		end = min(end, s.last+1)
	}
	if s.first >= len(values) {
		return nil
	}
	echo := attributeOf(asked, nil)
	if x.wrong(EchoOnly) {
		return []*ber.Packet{echo}
	}
	if end-s.first > 1 && x.wrong(Jump) {
		s.first++
	}
	part, last := values[s.first:end], "*"
	if end < len(values) {
		last = strconv.Itoa(end - 1)
		if len(part) > 1 && x.wrong(Short) {
			part = part[:len(part)-1]
		}
	}
	answered := fmt.Sprintf("%s%s%d-%s", name, rangeOption, s.first, last)
	if strings.EqualFold(answered, asked) {
		return []*ber.Packet{attributeOf(answered, part)}
	}
	return []*ber.Packet{echo, attributeOf(answered, part)}
}

// wrong reports whether a fault of this kind happens now.
func (x *exchange) wrong(kind Kind) bool {
	return slices.ContainsFunc(x.faults, func(b *Broken) bool { return b.fault.Kind == kind && b.happens() })
}

func attributeOf(name string, values []*ber.Packet) *ber.Packet {
	attribute := ber.NewSequence("")
	attribute.AppendChild(octets(name))
	set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
	for _, value := range values {
		set.AppendChild(value)
	}
	attribute.AppendChild(set)
	return attribute
}
