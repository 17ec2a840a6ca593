package csv_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/rollcall-sync/rollcall/source/csv"
)

// BenchmarkRead1M reads a file of 1,000,000 rows: 100,000 people, each in 10 of
// 2,000 groups. The peak is that of the whole process, so run it alone.
func BenchmarkRead1M(b *testing.B) {
	const people, groups, each = 100_000, 2_000, 10
	s := open(b, writeBig(b, people, groups, each, plainBytes), nil)
	benchRead(b, s, people, people*each)
}

// BenchmarkRead1MGzip reads the same file, compressed.
func BenchmarkRead1MGzip(b *testing.B) {
	const people, groups, each = 100_000, 2_000, 10
	s := open(b, writeBig(b, people, groups, each, gzipBytes), nil)
	benchRead(b, s, people, people*each)
}

// BenchmarkRead1MUTF16 reads the same file, in UTF-16.
func BenchmarkRead1MUTF16(b *testing.B) {
	const people, groups, each = 100_000, 2_000, 10
	s := open(b, writeBig(b, people, groups, each, utf16Bytes), nil)
	benchRead(b, s, people, people*each)
}

func benchRead(b *testing.B, s *csv.Source, people, memberships int) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		roster, err := s.Read(b.Context())
		require.NoError(b, err)
		require.Equal(b, memberships, roster.Evidence()[0].Memberships)
		require.Equal(b, people, roster.People())
	}
	b.ReportMetric(float64(b.N*memberships)/b.Elapsed().Seconds(), "rows/s")
	if peak := peakMB(b); peak > 0 {
		b.ReportMetric(peak, "peak-RSS-MB")
	}
}

// writeBig streams the file to the disk, so that making it does not count.
func writeBig(b *testing.B, people, groups, each int, form func(io.Writer) io.WriteCloser) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.csv")
	file, err := os.Create(path)
	require.NoError(b, err)
	encoded := form(file)
	out := bufio.NewWriter(encoded)
	fmt.Fprintln(out, "group,login,role,department")
	perGroup := people * each / groups
	for i := range people * each {
		// 7919 is prime to the number of people: nobody is twice in a group.
		fmt.Fprintf(out, "Department %d,firstname.lastname%d@acme.example,member,Cost centre %d\n",
			i/perGroup, i*7919%people, i%97)
	}
	require.NoError(b, out.Flush())
	require.NoError(b, encoded.Close())
	require.NoError(b, file.Close())
	return path
}

type notClosed struct{ io.Writer }

func (notClosed) Close() error { return nil }

func plainBytes(w io.Writer) io.WriteCloser { return notClosed{w} }

func gzipBytes(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }

func utf16Bytes(w io.Writer) io.WriteCloser {
	return transform.NewWriter(w, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder())
}

// peakMB returns the largest resident size of this process so far, or 0 where
// the system does not tell.
func peakMB(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kB float64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		return 0
	}
	return kB / 1024
}
