package csv_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"

	"github.com/rollcall-sync/rollcall/source/csv"
)

// zipped compresses each text as a member of one gzip file.
func zipped(t testing.TB, texts ...string) string {
	t.Helper()
	var file bytes.Buffer
	for _, text := range texts {
		z := gzip.NewWriter(&file)
		_, err := z.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, z.Close())
	}
	return file.String()
}

func TestRead_gzip(t *testing.T) {
	t.Parallel()
	const file = "group,login,role\na,ann@x,\nb,bob@x,\n"
	both := []string{"a: ann@x/unstated", "b: bob@x/unstated"}
	assert.Equal(t, both, readAs(t, zipped(t, file), nil, said), "whatever it is called")
	assert.Equal(t, both, readAs(t, zipped(t, file[:20], "", file[20:]), nil, said), "several members")
	assert.Equal(t, both, readAs(t, zipped(t, encode(t, utf16Of(unicode.LittleEndian, unicode.UseBOM), file)), nil, said))
	assert.Contains(t, strings.Join(readAs(t, zipped(t, file[:len(file)-1]), nil, said), "\n"), "groups.csv:3: the last line has no line end")

	path := filepath.Join(t.TempDir(), "Groups.CSV.GZ")
	require.NoError(t, os.WriteFile(path, []byte(zipped(t, file)), 0o600))
	roster, err := open(t, path, nil).Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, both, said(roster))
	assert.Equal(t, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(zipped(t, file)))), roster.Evidence()[0].Digest, "of the file as it is on the disk")

	require.NoError(t, os.WriteFile(path, []byte(file), 0o600))
	_, err = open(t, path, nil).Read(t.Context())
	assert.EqualError(t, err, `read source "hr": `+path+": the name ends in .gz, and the file is not compressed with gzip; is it whole? if so, rename it")
}

func TestRead_gzipDamaged(t *testing.T) {
	t.Parallel()
	const file = "group,login,role\na,ann@x,\nb,bob@x,\n"
	z := zipped(t, file)
	wrong := []byte(z)
	wrong[len(wrong)-6]++ // of the checksum
	bent := []byte(z)
	bent[10] |= 6           // a kind of block that there is none of
	var stored bytes.Buffer // with the text in it as it is
	w, err := gzip.NewWriterLevel(&stored, gzip.NoCompression)
	require.NoError(t, err)
	_, err = w.Write([]byte(file))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.Contains(t, stored.String(), "group")
	const cut = "groups.csv: the gzip file is cut off; copy or export it again"
	for name, tt := range map[string]struct{ file, want string }{
		"header_only":         {z[:10], cut},
		"in_the_header":       {z[:5], cut},
		"before_the_sum":      {z[:len(z)-8], cut},
		"in_the_sum":          {z[:len(z)-1], cut},
		"second_member":       {z + z[:7], cut},
		"wrong_sum":           {string(wrong), "groups.csv: the gzip file is damaged: what is in it does not have its checksum; copy or export it again"},
		"bent":                {string(bent), "groups.csv: the gzip file is damaged (flate: corrupt input before offset 1); copy or export it again"},
		"fault_and_wrong_sum": {strings.Replace(stored.String(), "group", "crowd", 1), "groups.csv: the gzip file is damaged: what is in it does not have its checksum; copy or export it again"},
		"text_behind":         {z + "group,login\n", "groups.csv: something that is not gzip follows in the gzip file; copy or export it again"},
		"within_gzip":         {zipped(t, z), `groups.csv: the file is compressed with gzip twice, and not a CSV; unpack it once`},
		"unpacks_to_utf16":    {zipped(t, "g\x00r\x00"), `groups.csv: the file is UTF-16 without a byte order mark, so that its bytes have no certain order; save it as "CSV UTF-8"`},
		"nothing_in_it":       {zipped(t, ""), `groups.csv: the file is empty; it must begin with a header row with the columns "group" and "login"`},
		"fault_in_a_row":      {zipped(t, file+",x@x,\n"), "groups.csv:4:1: a row without a group; complete it or delete it"},
		"cut_within_quotes":   {zipped(t, file+"\"c")[:len(zipped(t, file+"\"c"))-8], cut},
	} {
		assert.Equal(t, tt.want, failure(t, tt.file, nil), name)
	}
	// However a file breaks off, it is never a shorter list.
	for n := range len(z) {
		_, err := open(t, write(t, z[:n]), nil).Read(t.Context())
		require.Error(t, err, n)
	}
}

func TestRead_gzipBomb(t *testing.T) {
	t.Parallel()
	file := "group,login\n" + strings.Repeat("a,ann@x\n", 1<<17)
	path := write(t, zipped(t, file))
	for most, want := range map[int]string{
		len(file): "", len(file) - 1: path + ": the gzip file unpacks to more than 1 MiB, the most that is read of one; split it into several",
	} {
		s := open(t, path, nil)
		csv.SetMaxUnpacked(s, int64(most))
		_, err := s.Read(t.Context())
		if want == "" {
			assert.NoError(t, err)
			continue
		}
		assert.EqualError(t, err, `read source "hr": `+want)
	}
}
