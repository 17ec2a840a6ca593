package csv_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkRead1M reads a file of 1,000,000 rows: 100,000 people, each in 10 of
// 2,000 groups. The peak is that of the whole process, so run it alone.
func BenchmarkRead1M(b *testing.B) {
	const people, groups, each = 100_000, 2_000, 10
	s := open(b, writeBig(b, people, groups, each), nil)
	b.ReportAllocs()
	for b.Loop() {
		roster, err := s.Read(b.Context())
		require.NoError(b, err)
		require.Equal(b, people*each, roster.Evidence()[0].Memberships)
		require.Equal(b, people, roster.People())
	}
	b.ReportMetric(float64(b.N)*people*each/b.Elapsed().Seconds(), "rows/s")
	if peak := peakMB(b); peak > 0 {
		b.ReportMetric(peak, "peak-RSS-MB")
	}
}

// writeBig streams the file to the disk, so that making it does not count.
func writeBig(b *testing.B, people, groups, each int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.csv")
	file, err := os.Create(path)
	require.NoError(b, err)
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "group,login,role,department")
	perGroup := people * each / groups
	for i := range people * each {
		// 7919 is prime to the number of people: nobody is twice in a group.
		fmt.Fprintf(out, "Department %d,firstname.lastname%d@acme.example,member,Cost centre %d\n",
			i/perGroup, i*7919%people, i%97)
	}
	require.NoError(b, out.Flush())
	require.NoError(b, file.Close())
	return path
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
