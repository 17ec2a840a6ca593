package csv

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// maxAhead is how far the clock of whoever wrote a file may be ahead of ours.
const maxAhead = 24 * time.Hour

// opened is a file that is being read, and what it was like before.
type opened struct {
	config Config
	path   string
	file   *os.File
	was    fs.FileInfo
	digest string // of all of it, once it was read
}

func (o *opened) Read(p []byte) (int, error) {
	n, err := o.file.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = o.config.unreadable(err)
	}
	return n, err
}

// open opens one file for reading. What is no regular file is refused before it
// is opened, as a pipe without a writer would never open.
func (c Config) open(path string) (*opened, error) {
	if info, err := os.Stat(path); err == nil {
		if err := c.regular(path, info.Mode()); err != nil {
			return nil, err
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, c.unreadable(err)
	}
	o := &opened{config: c, path: path, file: file}
	if o.was, err = file.Stat(); err == nil {
		err = c.young(path, o.was.ModTime())
	}
	if err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// close is for what was only read, where closing loses nothing.
func (o *opened) close() { _ = o.file.Close() }

func (c Config) regular(path string, mode fs.FileMode) error {
	switch {
	case mode.IsRegular():
		return nil
	case mode.IsDir():
		return c.unreadable(fmt.Errorf("%s is a directory; name a file, or a pattern such as %s", path, "*.csv"))
	default:
		return c.unreadable(fmt.Errorf("%s is no plain file; what comes through a pipe is read with path: \"-\"", path))
	}
}

// young fails if the file is older than it may be.
func (c Config) young(path string, modified time.Time) error {
	if c.MaxAge == 0 {
		return nil
	}
	age := c.Now().Sub(modified)
	at := modified.UTC().Format(time.RFC3339)
	switch {
	case age > c.MaxAge:
		return fmt.Errorf("%s was last modified %s ago (%s), and sources.%s.csv.max_age is %s: find out why there is no newer one",
			path, inWords(age), at, c.Name, inWords(c.MaxAge))
	case age < -maxAhead:
		return fmt.Errorf("%s was last modified in the future (%s), so nobody can tell whether it is older than sources.%s.csv.max_age: compare the clocks",
			path, at, c.Name)
	default:
		return nil
	}
}

// inWords writes a duration as people do: 26h, or 1h30m.
func inWords(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour < time.Minute:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute:
		text := d.Truncate(time.Minute).String()
		return text[:len(text)-len("0s")]
	default:
		return d.Truncate(time.Second).String()
	}
}

// unchanged fails if the file is not what it was when it was opened, or if a
// reader who came to its end saw another number of bytes: somebody is writing it.
func (o *opened) unchanged(read int64, whole bool) error {
	now, err := o.file.Stat()
	if err != nil {
		return err
	}
	if !same(o.was, now) || whole && read != now.Size() {
		return o.changed()
	}
	return nil
}

// inPlace fails if the path no longer has what was read. Of one file it may have
// another already; of several the old and the new must not be mixed.
func (o *opened) inPlace() error {
	now, err := os.Stat(o.path)
	if err != nil {
		return fmt.Errorf("%w; it was there a moment ago: run again once nobody is writing there", err)
	}
	if !os.SameFile(o.was, now) || !same(o.was, now) {
		return o.changed()
	}
	return nil
}

func (o *opened) changed() error {
	return fmt.Errorf("%s changed while it was read: run again once it is complete, and let the export write another file and rename it", o.path)
}

func same(a, b fs.FileInfo) bool { return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) }

// cancellable is a reader that reads nothing more after the context ended. A read
// that has begun is awaited: files do not let anybody wait for long.
type cancellable struct {
	ctx context.Context // a reader has no other way to get one
	in  io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.in.Read(p)
}

// abandonable is a reader of what may let wait for ever, such as a pipe: the end
// of the context ends a read that has begun. It is left behind then, and what it
// would still have got is lost.
type abandonable struct {
	ctx  context.Context //nolint:containedctx // a reader has no other way to get one
	in   io.Reader
	rest []byte
	err  error
}

func (a *abandonable) Read(p []byte) (int, error) {
	if a.ctx.Err() != nil {
		return 0, context.Cause(a.ctx)
	}
	for len(a.rest) == 0 && a.err == nil {
		a.next()
	}
	n := copy(p, a.rest)
	if a.rest = a.rest[n:]; len(a.rest) > 0 || n > 0 {
		return n, nil
	}
	return 0, a.err
}

// next waits for the next block, in a buffer that nobody else has.
func (a *abandonable) next() {
	type block struct {
		data []byte
		err  error
	}
	arrived := make(chan block, 1)
	go func() {
		buffer := make([]byte, bufferSize)
		n, err := a.in.Read(buffer)
		arrived <- block{buffer[:n], err}
	}()
	select {
	case b := <-arrived:
		a.rest, a.err = b.data, b.err
	case <-a.ctx.Done():
		a.err = context.Cause(a.ctx)
	}
}
