package csv_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/rollcall-sync/rollcall/source/csv"
)

func from(in io.Reader) func(*csv.Config) { return func(c *csv.Config) { c.Stdin = in } }

func TestRead_stdin(t *testing.T) {
	t.Parallel()
	const text = "group,login,role\nb,bob,\na,ann@x,"
	s := open(t, "-", from(strings.NewReader(text)))
	roster, err := s.Read(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{
		"a: ann@x/unstated", "standard input:3: the last line has no line end, so the file may be cut off; end it with one",
		"b:", `standard input:2:3: the login "bob" is no e-mail address`,
	}, said(roster))
	e := roster.Evidence()[0]
	assert.Equal(t, "standard input", e.Origin)
	assert.Equal(t, fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(text))), e.Digest)

	again, err := s.Read(t.Context())
	require.NoError(t, err)
	assert.Same(t, roster, again, "what was said is said again, and is not an empty file")
}

func TestRead_stdinFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		in   io.Reader
		want string
	}{
		"empty":       {strings.NewReader(""), `standard input: the file is empty; it must begin with a header row with the columns "group" and "login"`},
		"faults":      {strings.NewReader("group,login\n,x\na\n"), "2 problems:\nstandard input:2:1: a row without a group; complete it or delete it\nstandard input:3:1: the row has 1 field and the header has 2; is a field with a ',' in it not quoted?"},
		"broken":      {io.MultiReader(strings.NewReader("group,login\na,ann@x\n"), failing{}), "the pipe broke"},
		"broken_gzip": {io.MultiReader(strings.NewReader(zipped(t, "group,login\n")[:20]), failing{}), "the pipe broke"},
		"gzip":        {strings.NewReader(zipped(t, "group,login\n")[:20]), "standard input: the gzip file is cut off; copy or export it again"},
		"zip":         {strings.NewReader("PK\x03\x04"), `standard input: the file is an Excel workbook or a zip archive, and not a CSV; save it as "CSV UTF-8"`},
	} {
		s := open(t, "-", from(tt.in))
		for range 2 {
			roster, err := s.Read(t.Context())
			assert.Nil(t, roster, name)
			assert.EqualError(t, err, `read source "hr": `+tt.want, name)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the pipe broke") }

// A run whose standard input never ends must end when somebody says so, wherever
// it is just reading.
func TestRead_stdinCancelled(t *testing.T) {
	t.Parallel()
	for _, begun := range []string{"", "group,login\na,ann@x\n", "\xff\xfeg\x00", zipped(t, "group,login\n")[:15]} {
		in, out := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		stop := errors.New("interrupted")
		s := open(t, "-", from(in))
		done := make(chan error)
		go func() {
			roster, err := s.Read(ctx)
			assert.Nil(t, roster)
			done <- err
		}()
		_, err := out.Write([]byte(begun)) // returns once somebody has taken it
		require.NoError(t, err)
		cancel(stop)
		err = <-done
		assert.ErrorIs(t, err, stop)
		assert.EqualError(t, err, `read source "hr": interrupted`, "%q", begun)
		_, err = s.Read(t.Context())
		assert.ErrorIs(t, err, stop, "half of it is gone")
		require.NoError(t, out.Close())
	}

	in := strings.NewReader("group,login\na,ann@x\n")
	s := open(t, "-", from(in))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Read(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = s.Read(t.Context())
	assert.NoError(t, err, "nothing was read of it")
}

func TestSource_Reads_stdin(t *testing.T) {
	t.Parallel()
	dir := lay(t, map[string]string{"a.csv": "group,login\n", "b.csv": ""})
	file, err := os.Open(filepath.Join(dir, "a.csv"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = file.Close() })
	s := open(t, "-", from(file))
	assert.True(t, s.Reads(filepath.Join(dir, "a.csv")))
	assert.False(t, s.Reads(filepath.Join(dir, "b.csv")))
	assert.False(t, s.Reads(filepath.Join(dir, "c.csv")))
	assert.False(t, s.Reads("-"))
	assert.False(t, open(t, "-", from(strings.NewReader(""))).Reads(filepath.Join(dir, "a.csv")))
}

func TestNew_stdin(t *testing.T) {
	t.Parallel()
	_, err := csv.New(csv.Config{Name: "hr", Path: "-", Columns: csv.DefaultColumns(), MaxAge: -time.Second, ChecksumFile: "x"})
	assert.EqualError(t, err, `configure source "hr": `+strings.Join([]string{
		"sources.hr.csv.path is -, and there is no standard input to read",
		"sources.hr.csv.max_age is about a file, and standard input has no age",
		"sources.hr.csv.checksum_file is about a file, and standard input has no name to look for in it",
		"sources.hr.csv.max_age is -1s; use 0 or more",
	}, "\n"))
}
