package state

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// WriteFile makes the file at path, or replaces it, with what write writes. The
// file appears whole or not at all, is on the disk before WriteFile returns, and
// only its owner may read it. After an error the old file is as it was (but for the
// error that a directory could not be synced: then the new one is there, and may
// not last), and nothing is left beside it. Writes are buffered.
//
// A symbolic link is followed: what it points to is replaced. A path that is no
// regular file, such as /dev/stdout or a named pipe, cannot be replaced; it is
// written to as it is.
func WriteFile(path string, write func(io.Writer) error) error {
	target := path
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("write %s: it is a symbolic link to nowhere; remove it, or make what it points to", path)
		}
	case err != nil:
		return fault("write", path, err)
	case !info.Mode().IsRegular():
		return writeThrough(path, write)
	default:
		if target, err = filepath.EvalSymlinks(path); err != nil {
			return fault("write", path, err)
		}
	}
	if err := replace(target, write); err != nil {
		return fault("write", path, err)
	}
	return nil
}

// replace puts a new file in the place of path. Its errors do not name the
// temporary file, which is gone when somebody reads them.
func replace(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	// A file that CreateTemp makes is 0600 less the umask: never wider.
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return inner(err)
	}
	if err = ownable(f); err == nil {
		err = fill(f, write)
	}
	if err != nil {
		// The first error is the one to tell of; the file may be closed already.
		_ = f.Close()
		_ = os.Remove(f.Name())
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		_ = os.Remove(f.Name())
		return inner(err)
	}
	return syncDir(dir)
}

// ownable makes sure that the owner of a file can read and write it, where the umask
// denies even that. Not every disk can change modes, and most need not.
func ownable(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&0o600 == 0o600 {
		return err
	}
	return f.Chmod(0o600)
}

// fill writes, makes it last and closes the file.
func fill(f *os.File, write func(io.Writer) error) error {
	err := buffered(f, write)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if p, ok := errors.AsType[*fs.PathError](err); ok && p.Path == f.Name() {
		return p.Err
	}
	return err
}

func buffered(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriter(f)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// writeThrough writes to what is there: a device, a pipe.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fault("write", path, err)
	}
	if err := errors.Join(buffered(f, write), f.Close()); err != nil {
		return fault("write", path, err)
	}
	return nil
}

// syncDir makes the names in a directory last. Some network file systems know
// no such thing and say so; there is nothing more to be had from them.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return inner(err)
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return inner(errors.Join(err, d.Close()))
}

// inner takes the name of a file from an error of package os.
func inner(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
