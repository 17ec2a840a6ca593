package dn

import (
	"strings"
	"unicode/utf8"
)

// appendPlain is [AppendKey] for the names that nearly all entries have: one value
// per RDN, with no escapes but of ASCII characters, and only in values that are
// ASCII. It reports whether this is one of them, and leaves dst as it was where it
// is not. What it takes the parser takes too, and with the same key.
func appendPlain(dst []byte, name string) ([]byte, bool) {
	if name == "" {
		return dst, true
	}
	key := dst
	for i := 0; ; i++ {
		var ok bool
		if key, i, ok = plainType(key, name, i); !ok {
			return dst, false
		}
		if key, i, ok = plainValue(key, name, i); !ok {
			return dst, false
		}
		if i == len(name) {
			return key, true
		}
		key = append(key, ',')
	}
}

// plainType appends the type that begins at i, and the = after it. It returns
// where the value begins.
func plainType(key []byte, name string, i int) ([]byte, int, bool) {
	i = skipSpaces(name, i)
	start, begin := i, len(key)
	for i < len(name) && plainOfType(name[i]) {
		key = append(key, lower(name[i]))
		i++
	}
	end := i
	i = skipSpaces(name, i)
	if start == end || isDigit(name[start]) || i == len(name) || name[i] != '=' {
		return key, i, false
	}
	if short := shortType(string(key[begin:])); short != "" {
		key = append(key[:begin], short...)
	}
	return append(key, '='), i + 1, true
}

// plainValue appends the value that begins at i. It returns where it ends: at a
// comma, or at the end of the name.
func plainValue(key []byte, name string, i int) ([]byte, int, bool) {
	i = skipSpaces(name, i)
	begin, start := len(key), i
	if i < len(name) && name[i] == '#' {
		return key, i, false
	}
	wide, escapes := false, false
	for ; i < len(name) && name[i] != ','; i++ {
		switch c := name[i]; {
		case c == ' ':
			next := skipSpaces(name, i)
			if next < len(name) && name[next] != ',' {
				key = append(key, ' ')
			}
			i = next - 1
		case c == '\\':
			var ok bool
			if c, i, ok = plainEscape(name, i); !ok {
				return key, i, false
			}
			key = appendByte(key, lower(c), len(key) == begin)
			escapes = true
		case c < ' ' || c == 0x7f || strings.IndexByte(`"+;<>`, c) >= 0:
			return key, i, false
		default:
			key = append(key, lower(c))
			wide = wide || c >= utf8.RuneSelf
		}
	}
	if !wide {
		return key, i, true
	}
	value := name[start:i]
	return appendValue(key[:begin], fold(value)), i, !escapes && utf8.ValidString(value)
}

// plainEscape returns the character whose escape begins at i, and the place of
// the last byte of it. It takes none that is a space or part of a character.
func plainEscape(name string, i int) (byte, int, bool) {
	if i+1 == len(name) {
		return 0, i, false
	}
	if c := name[i+1]; strings.IndexByte(`"#+,;<=>\`, c) >= 0 {
		return c, i + 1, true
	}
	if i+2 == len(name) {
		return 0, i, false
	}
	high, ok1 := hexDigit(name[i+1])
	low, ok2 := hexDigit(name[i+2])
	c := high<<4 | low
	return c, i + 2, ok1 && ok2 && c != ' ' && c < 0x80
}

// appendByte appends one character of a value, escaped where it must be. An =
// stays: in a value it separates nothing.
func appendByte(key []byte, c byte, first bool) []byte {
	const digits = "0123456789abcdef"
	switch {
	case c < ' ' || c == 0x7f:
		return append(key, '\\', digits[c>>4], digits[c&15])
	case first && c == '#', strings.IndexByte(`"+,;<>\`, c) >= 0:
		return append(key, '\\', c)
	}
	return append(key, c)
}

// skipSpaces returns the first place from i on where there is no space.
func skipSpaces(name string, i int) int {
	for i < len(name) && name[i] == ' ' {
		i++
	}
	return i
}

// lower returns an ASCII letter in lower case, and other bytes as they are.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// plainOfType reports whether the byte may be in the name of a type.
func plainOfType(c byte) bool {
	c = lower(c)
	return 'a' <= c && c <= 'z' || isDigit(c) || c == '-'
}

// isDigit reports whether the byte is a decimal digit.
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// hexDigit returns what a hexadecimal digit stands for.
func hexDigit(c byte) (byte, bool) {
	switch c = lower(c); {
	case isDigit(c):
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}
