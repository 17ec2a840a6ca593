package csv

import (
	"bytes"
	"context"
	"strings"

	"github.com/rollcall-sync/rollcall/source"
)

// ReadFrom reads a file that is in memory, for the fuzzer, which would
// otherwise spend its time in the file system.
func ReadFrom(ctx context.Context, s *Source, file []byte) (*source.Roster, error) {
	return s.readStream(ctx, bytes.NewReader(file))
}

// SetMaxUnpacked makes a gzip file of so many bytes the largest that is read.
func SetMaxUnpacked(s *Source, most int64) { s.maxUnpacked = most }

// ParseChecksums reads a file of digests that is in memory.
func ParseChecksums(text string) (map[string]string, error) {
	return parseChecksums("sums", strings.NewReader(text))
}
