package csv

import (
	"bytes"
	"context"

	"github.com/rollcall-sync/rollcall/source"
)

// ReadFrom reads a file that is in memory, for the fuzzer, which would
// otherwise spend its time in the file system.
func ReadFrom(ctx context.Context, s *Source, file []byte) (*source.Roster, error) {
	return s.read(ctx, bytes.NewReader(file))
}
