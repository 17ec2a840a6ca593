package csv

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// lossyFault is the fault of text in which a program has put a mark where it could
// not read a character. What stood there is gone, here and in the file.
func lossyFault(field string) error {
	if !strings.ContainsRune(field, utf8.RuneError) {
		return nil
	}
	return fmt.Errorf("%q has the character U+FFFD, which a program writes in the place of one that it cannot read: "+
		"a conversion before this one lost it; export the file anew, as UTF-8", shortened(field))
}

// notUTF8 says which byte of a field is not UTF-8, and what it probably is.
func notUTF8(field string) error {
	i := invalidAt(field)
	if tail := field[i:]; !utf8.FullRuneInString(tail) && (len(tail) > 1 || !ascii(field[:i])) {
		return errors.New("the field ends in the middle of a character: something has cut it after a number of bytes; export it whole")
	}
	text := fmt.Sprintf("the byte 0x%02X is not UTF-8", field[i])
	if page, meant, ok := guess(field); ok {
		text += fmt.Sprintf("; the file is probably %s, in which this is %q: %s, or convert it with iconv -f %s -t UTF-8",
			page.name, shortened(meant), saveAsUTF8, page.iconv)
		return errors.New(text)
	}
	return errors.New(text + "; " + saveAsUTF8)
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// invalidAt returns where the first byte is that is not UTF-8.
func invalidAt(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return len(text)
}

// shortened is as much of a text as a message shows.
func shortened(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

type codePage struct {
	name, iconv string
	page        *charmap.Charmap
}

// codePages lists what files from offices are written in, the likeliest first.
// ISO 8859-1 and 8859-15 have the letters of Windows-1252 in the same places.
func codePages() []codePage {
	return []codePage{
		{"Windows-1252", "WINDOWS-1252", charmap.Windows1252},
		{"Windows-1250", "WINDOWS-1250", charmap.Windows1250},
		{"Windows-1251", "WINDOWS-1251", charmap.Windows1251},
		{"Mac OS Roman", "MACINTOSH", charmap.Macintosh},
		{"code page 850", "CP850", charmap.CodePage850},
	}
}

// guess returns the code page in which a field looks most like words, and what it
// is there.
func guess(field string) (best codePage, meant string, ok bool) {
	most := 0
	for _, page := range codePages() {
		text := page.read(field)
		if points := likeness(text); points > most {
			most, best, meant = points, page, text
		}
	}
	return best, meant, most > 0
}

// read reads the bytes that are not UTF-8 by the code page.
func (c codePage) read(field string) string {
	var text strings.Builder
	for len(field) > 0 {
		r, size := utf8.DecodeRuneInString(field)
		if r == utf8.RuneError && size == 1 {
			r = c.page.DecodeByte(field[0])
		}
		text.WriteRune(r)
		field = field[size:]
	}
	return text.String()
}

// likeness counts what speaks for a text, less what speaks against it.
func likeness(text string) int {
	runes := []rune(" " + text + " ")
	points := 0
	for i := 1; i < len(runes)-1; i++ {
		if before, r, after := runes[i-1], runes[i], runes[i+1]; r >= utf8.RuneSelf {
			points += letterPoints(before, r, after)
		}
	}
	return points
}

// common are the letters with accents that most names have that have one, and
// centralEuropean those that Windows-1250 is for.
const (
	common          = "äöüßéèáçñåæø"
	centralEuropean = "ąćęłńśźżčďěňřšťůžőűĄĆĘŁŃŚŹŻČĎĚŇŘŠŤŮŽŐŰ"
)

func letterPoints(before, r, after rune) int {
	foreign := func(r rune) bool { return r >= utf8.RuneSelf }
	switch {
	case r == utf8.RuneError || !unicode.IsLetter(r):
		return -4
	case unicode.IsUpper(r) && unicode.IsLetter(before) && unicode.IsLower(after), unicode.IsUpper(r) && unicode.IsLower(before):
		return -4
	case unicode.Is(unicode.Cyrillic, r) && (foreign(before) || foreign(after)):
		return 2
	case unicode.Is(unicode.Cyrillic, r):
		return -3
	case foreign(before) && foreign(after): // an accent on each of three letters
		return -3
	case strings.ContainsRune(common, r):
		return 4
	case r >= 'À' && r <= 'ÿ':
		return 3
	case strings.ContainsRune(centralEuropean, r):
		return 2
	default:
		return -1
	}
}

// misread returns what a text was before a program took its UTF-8 for
// Windows-1252: "Müller" for "MÃ¼ller". It returns "" where nothing looks so.
func misread(text string) string {
	if ascii(text) {
		return ""
	}
	before, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil || !utf8.ValidString(before) {
		return ""
	}
	return before
}
