package played

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Decoded returns the name of a section's file and its content, by the words
// after the name, which say how it is encoded, in this order: quoted (each line is
// the inside of a Go string, and ends where it says \n), utf-16le, utf-16be,
// windows-1252, bom, gzip, 1000-fold (repeated), trailed (with something behind it).
func Decoded(t testing.TB, name string, data []byte) (string, []byte) {
	t.Helper()
	words := strings.Fields(name)
	var err error
	for _, word := range words[1:] {
		switch word {
		case "quoted":
			data = unquoted(t, data)
		case "utf-16le":
			data, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "utf-16be":
			data, err = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes(data)
		case "windows-1252":
			data, err = charmap.Windows1252.NewEncoder().Bytes(data)
		case "bom":
			data = append([]byte("\xef\xbb\xbf"), data...)
		case "gzip":
			data = gzipped(t, data)
		case "trailed":
			data = append(data, "and more behind it"...)
		case "1000-fold":
			data = bytes.Repeat(data, 1000)
		default:
			t.Fatalf("section %q: there is no encoding %q", name, word)
		}
		require.NoError(t, err, name)
	}
	return words[0], data
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// unquoted joins lines that are the inside of Go strings.
func unquoted(t testing.TB, data []byte) []byte {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		text, err := strconv.Unquote(`"` + strings.TrimSuffix(line, "\n") + `"`)
		require.NoError(t, err, line)
		out.WriteString(text)
	}
	return []byte(out.String())
}
