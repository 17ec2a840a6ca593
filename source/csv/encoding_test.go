package csv_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/rollcall-sync/rollcall/source/csv"
)

// encode returns the text as a program would write it that writes no UTF-8.
func encode(t testing.TB, e encoding.Encoding, text string) string {
	t.Helper()
	encoded, err := e.NewEncoder().String(text)
	require.NoError(t, err)
	return encoded
}

func utf16Of(order unicode.Endianness, mark unicode.BOMPolicy) encoding.Encoding {
	return unicode.UTF16(order, mark)
}

func TestRead_utf16(t *testing.T) {
	t.Parallel()
	const note = "groups.csv:3: the last line has no line end, so the file may be cut off; end it with one"
	for name, e := range map[string]encoding.Encoding{
		"little_endian": utf16Of(unicode.LittleEndian, unicode.UseBOM), "big_endian": utf16Of(unicode.BigEndian, unicode.UseBOM),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "group\tlogin\r\nGeschäft 𝔄\tjörg@x\r\nTrade\tann@x\r\n"
			assert.Equal(t, []string{"Geschäft 𝔄: jörg@x/unstated", "Trade: ann@x/unstated"}, readAs(t, encode(t, e, text), nil, said))

			// The rule of the last line is about the text: in UTF-16 a file without a
			// line end may well end in the byte 0x0A.
			for _, end := range []string{"x", "\u0a0d", "\u0d0a", "\u010a"} {
				got := readAs(t, encode(t, e, "group,login,z\nb,b@x,\nTrade,ann@x,"+end), nil, said)
				assert.Equal(t, []string{"b: b@x/unstated", "Trade: ann@x/unstated", note}, got, "%q", end)
			}

			// Larger than any buffer, with pairs across every border.
			long := "group,login,z\n" + strings.Repeat("𝔄,ann@x,é\n", 30_001)
			assert.Equal(t, []string{"𝔄: ann@x/unstated"}, readAs(t, encode(t, e, long), nil, said))
			assert.Equal(t, []string{"𝔄: ann@x/unstated"}, readAs(t, encode(t, e, "x"+long), func(c *csv.Config) { c.Columns.Group = "xgroup" }, said))
		})
	}
}

// failure returns the error of reading a file of the text, without the directory
// that the file is in.
func failure(t *testing.T, text string, set func(*csv.Config)) string {
	t.Helper()
	path := write(t, text)
	roster, err := open(t, path, set).Read(t.Context())
	assert.Nil(t, roster)
	require.Error(t, err)
	got, found := strings.CutPrefix(strings.ReplaceAll(err.Error(), strings.TrimSuffix(path, "groups.csv"), ""), `read source "hr": `)
	require.True(t, found, err)
	return got
}

func TestRead_encodingsThatFail(t *testing.T) {
	t.Parallel()
	little := encode(t, utf16Of(unicode.LittleEndian, unicode.UseBOM), "group,login\na,ann@x\n")
	const cut = "the file ends in the middle of a character of UTF-16; is it cut off? copy or export it again"
	const half = `half a character, which is not UTF-16: the file is damaged; save it as "CSV UTF-8"`
	const lost = "has the character U+FFFD, which a program writes in the place of one that it cannot read: " +
		"a conversion before this one lost it; export the file anew, as UTF-8"
	const noMark = `the file is UTF-16 without a byte order mark, so that its bytes have no certain order; save it as "CSV UTF-8"`
	for _, tt := range []struct{ name, file, want string }{
		{"utf16_odd", little + "b", "groups.csv:3: " + cut},
		{"utf16_one_byte", "\xFF\xFEg", "groups.csv:1: " + cut},
		{"utf16_lead_at_the_end", little + "\x00\xd8", "groups.csv:3: " + cut},
		{"utf16_lead_alone", little + "\x00\xd8b\x00,\x00", "groups.csv:3: " + half},
		{"utf16_two_leads", little + "\x00\xd8\x00\xd8,\x00", "groups.csv:3: " + half},
		{"utf16_trail_alone", little[:4] + "\x00\xdc" + little[4:], "groups.csv:1: " + half},
		{"utf16_replacement", little + "\xfd\xff,\x00b\x00@\x00x\x00\n\x00", `groups.csv:3:1: "�" ` + lost},
		{"utf16_little_endian_without_mark", little[2:], "groups.csv: " + noMark},
		{"utf16_big_endian_without_mark", encode(t, utf16Of(unicode.BigEndian, unicode.IgnoreBOM), "группа,login\n"), "groups.csv: " + noMark},
		{"utf32", "\xFF\xFE\x00\x00g\x00\x00\x00", `groups.csv: the file is UTF-32, and not a CSV; save it as "CSV UTF-8"`},
		{"excel", "PK\x03\x04\x14\x00\x06\x00", `groups.csv: the file is an Excel workbook or a zip archive, and not a CSV; save it as "CSV UTF-8"`},
		{"web_page", "<!DOCTYPE html>\n<title>Sign in</title>", `groups.csv: the file is a web page, and not a CSV; was it downloaded without being logged in?`},
		{"lost_in_a_group", "group,login\nGesch\ufffdft,ann@x\n", `groups.csv:2:1: "Gesch�ft" ` + lost},
		{"lost_in_a_login", "group,login\na,j\ufffdrg@x\n", `groups.csv:2:3: "j�rg@x" ` + lost},
		{"not_utf8_and_unlike_anything", "group,login\na,\xa0\xbb@x\n", `groups.csv:2:3: the byte 0xA0 is not UTF-8; save it as "CSV UTF-8"`},
		{"cut_by_bytes", "group,login\nGeschäftsfü\xc3,ann@x\n",
			"groups.csv:2:1: the field ends in the middle of a character: something has cut it after a number of bytes; export it whole"},
		{"long_in_another_code_page", "group,login\n" + strings.Repeat("x", 59) + "\xe4\xe4,ann@x\n", `groups.csv:2:1: the byte 0xE4 is not UTF-8; ` +
			`the file is probably Windows-1252, in which this is "` + strings.Repeat("x", 59) + `ä…": save it as "CSV UTF-8", or convert it with iconv -f WINDOWS-1252 -t UTF-8`},
		{"carriage_returns", "group,login\ra,ann@x\r",
			`groups.csv:1: the lines end in bare carriage returns, as on an old Mac; save it as "CSV UTF-8", or convert it with tr '\r' '\n'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, failure(t, tt.file, nil))
		})
	}
}

func TestRead_codePages(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		page  *charmap.Charmap
		texts []string
	}{
		{"Windows-1252, in which|WINDOWS-1252", charmap.Windows1252,
			[]string{"Müller", "François", "Bjørn Ærø", "ÉCOLE", "señor", "Weiß", "Ärzte", "Sánchez", "naïveté"}},
		{"Windows-1252, in which|WINDOWS-1252", charmap.ISO8859_15, []string{"Jörg", "Zoë"}},
		{"Windows-1250, in which|WINDOWS-1250", charmap.Windows1250, []string{"Łukasz Wałęsa", "Świątek", "Łódź"}},
		{"Windows-1251, in which|WINDOWS-1251", charmap.Windows1251, []string{"Иванов", "Отдел кадров", "ЖУКОВА"}},
		{"Mac OS Roman, in which|MACINTOSH", charmap.Macintosh, []string{"Müller", "Jäger", "André"}},
		{"code page 850, in which|CP850", charmap.CodePage850, []string{"Müller", "Jörg", "Jäger", "José"}},
	} {
		for _, text := range tt.texts {
			name, iconv, _ := strings.Cut(tt.name, "|")
			got := failure(t, "group,login,about\na,ann@x,"+encode(t, tt.page, text)+"\n", nil)
			assert.Contains(t, got, "groups.csv:2:9: the byte 0x", text)
			assert.Contains(t, got, "the file is probably "+name+` this is "`+text+`": save it as "CSV UTF-8", or convert it with iconv -f `+iconv+" -t UTF-8", text)
		}
	}
}

// A character that was lost in a column that decides nothing is as old as the
// record that it is in.
func TestRead_lostWhereItDecidesNothing(t *testing.T) {
	t.Parallel()
	const file = "group,login,name,x\na,ann@x,J\ufffdrg,\ufffd\n"
	assert.Equal(t, []string{"a: ann@x/unstated"}, readAs(t, file, func(c *csv.Config) { c.Columns.Name = "name" }, said))
	assert.Contains(t, failure(t, file, func(c *csv.Config) { c.Columns.Description = "x" }), "groups.csv:2:16: ")
}

func TestRead_misread(t *testing.T) {
	t.Parallel()
	path := write(t, "group,login\nGeschÃ¤ft,mÃ¼ller@x\nGeschÃ¤ft,jÃ¶rg@x\nÃ,ann@x\n")
	roster, err := open(t, path, func(c *csv.Config) { c.Columns.Role = "" }).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{path + `:2:1: "GeschÃ¤ft" looks like "Geschäft", read in the wrong code page on its way here`}, roster.Evidence()[0].Notes)
}

func TestRead_quotedLineBreaks(t *testing.T) {
	t.Parallel()
	got := readAs(t, "group,login,about\r\na,ann@x,\"one\r\n\r\ntwo\"\r\na,bob,\"x\ny\"\r\nb,eve,\r\n", nil, said)
	assert.Equal(t, []string{
		"a: ann@x/unstated", `groups.csv:5:3: the login "bob" is no e-mail address`,
		"b:", `groups.csv:7:3: the login "eve" is no e-mail address`,
	}, got)
}
