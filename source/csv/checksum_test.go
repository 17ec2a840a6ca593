package csv_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/source/csv"
)

func errorsAsPosition(err error) (*source.PositionError, bool) {
	return errors.AsType[*source.PositionError](err)
}

func TestRead_checksum(t *testing.T) {
	t.Parallel()
	const text = "group,login\na,ann@x\n"
	sum, zero := fmt.Sprintf("%x", sha256.Sum256([]byte(text))), strings.Repeat("0", 64)
	const form = "the line is not as sha256sum writes it: 64 hexadecimal digits, two spaces, and the file's name"
	another := func(file string) string {
		return fmt.Sprintf("DIR/%s is not the file that DIR/SHA256SUMS lists: its SHA-256 is %s…, and 000000000000… is listed; copy both again", file, sum[:12])
	}
	for name, tt := range map[string]struct{ path, sums, want string }{
		"text":               {"a.csv", sum + "  a.csv\n", ""},
		"binary":             {"a.csv", sum + " *a.csv", ""},
		"upper_case":         {"a.csv", strings.ToUpper(sum) + "  a.csv\r\n", ""},
		"with_a_directory":   {"a.csv", zero + "  other.csv\n" + sum + "  /srv/exports/a.csv\n", ""},
		"mark_and_comment":   {"a.csv", "\xEF\xBB\xBF# made by hand\n\n" + sum + "  a.csv\n", ""},
		"escaped":            {"b\nc\\.csv", `\` + sum + `  b\nc\\.csv` + "\n", ""},
		"listed_twice":       {"a.csv", sum + "  a.csv\n" + sum + "  x/a.csv\n", ""},
		"pattern":            {"*.csv", sum + "  a.csv\n" + sum + "  a2.csv\n\\" + sum + `  b\nc\\.csv` + "\n", ""},
		"mismatch":           {"a.csv", zero + "  a.csv\n", another("a.csv")},
		"mismatch_of_second": {"a*.csv", sum + "  a.csv\n" + zero + "  a2.csv\n", another("a2.csv")},
		"other_case_of_name": {"a.csv", sum + "  A.csv\n", "DIR/SHA256SUMS has no line for a.csv; write the digests anew: sha256sum a.csv > SHA256SUMS"},
		"no_line":            {"a*.csv", sum + "  a.csv\n", "DIR/SHA256SUMS has no line for a2.csv; write the digests anew: sha256sum a*.csv > SHA256SUMS"},
		"empty":              {"a.csv", "\n", "DIR/SHA256SUMS lists no digests; check sources.hr.csv.checksum_file"},
		"contradiction":      {"a.csv", sum + "  a.csv\n" + zero + "  a.csv\n", `DIR/SHA256SUMS:2: "a.csv" has another digest in a line before`},
		"malformed": {"a.csv", sum + "\n" + sum + "  a.csv\n" + sum[1:] + "  a.csv\n" + sum + " a.csv\n" + sum + "  \nSHA256 (a.csv) = " + sum + "\n" + "g" + sum[1:] + "  a.csv\n",
			"6 problems:\n" + "DIR/SHA256SUMS:1: " + form + "\nDIR/SHA256SUMS:3: " + form + "\nDIR/SHA256SUMS:4: " + form +
				"\nDIR/SHA256SUMS:5: " + form + "\nDIR/SHA256SUMS:6: " + form + "\nDIR/SHA256SUMS:7: " + form},
		"another_kind": {"a.csv", text, "2 problems:\nDIR/SHA256SUMS:1: " + form + "\nDIR/SHA256SUMS:2: " + form},
		"large":        {"a.csv", strings.Repeat("#\n", 1<<19+1), "DIR/SHA256SUMS has more than 1024 KiB; is it a list of digests?"},
		"one_line":     {"a.csv", strings.Repeat("#", 1<<17), "read DIR/SHA256SUMS: bufio.Scanner: token too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := lay(t, map[string]string{"a.csv": text, "a2.csv": text, "b\nc\\.csv": text, "SHA256SUMS": tt.sums})
			roster, err := open(t, tt.path, inDir(dir, func(c *csv.Config) { c.ChecksumFile = filepath.Join(dir, "SHA256SUMS") })).Read(t.Context())
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			assert.Nil(t, roster)
			require.Error(t, err)
			assert.Equal(t, `read source "hr": `+tt.want, strings.ReplaceAll(err.Error(), dir, "DIR"))
		})
	}
}

// The digest is of the file as it is on the disk, and a file of which a part is
// damaged is told as such, and not by what is wrong in that part.
func TestRead_checksumOfWhatIsOnTheDisk(t *testing.T) {
	t.Parallel()
	z := zipped(t, "group,login\na,ann@x\n")
	for text, want := range map[string]string{
		z: "", "\xff\xfe": "", "group\n": " is not the file that ", "group,login\n\"a,b\n" + strings.Repeat("x\n", 1<<20): " is not the file that ",
	} {
		digest := sha256.Sum256([]byte(text))
		if want != "" {
			digest = sha256.Sum256([]byte(text + "x"))
		}
		dir := lay(t, map[string]string{"a.csv": text, "sums": fmt.Sprintf("%x  a.csv\n", digest)})
		_, err := open(t, "a.csv", inDir(dir, func(c *csv.Config) { c.ChecksumFile = filepath.Join(dir, "sums") })).Read(t.Context())
		switch {
		case want != "":
			assert.ErrorContains(t, err, want)
		case text == z:
			assert.NoError(t, err)
		default:
			assert.ErrorContains(t, err, "the file is empty")
		}
	}
}

func TestRead_checksumFileMissing(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"a.csv": "group,login\n"})
	path := filepath.Join(dir, "none")
	_, err := open(t, "a.csv", inDir(dir, func(c *csv.Config) { c.ChecksumFile = path })).Read(t.Context())
	assert.EqualError(t, err, `read source "hr": open `+path+": no such file or directory; check sources.hr.csv.checksum_file")
}
