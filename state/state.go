// Package state keeps what lasts between runs, as plain files in one directory
// for each installation and enterprise:
//
//	<state_dir>/<instance>-<enterprise>/
//	    lock                  held by the run that is under way; says whose it is
//	    memory.json           what the runs remember of each other
//	    pauses.json           what is to be left alone for a while
//	    pauses.lock           held for as long as pauses.json is changed
//	    runs/<id>/plan.jsonl  what a run was to do
//	    runs/<id>/journal.jsonl  what it began, and what became of it
//
// The package starts nothing and knows no network. Directories are made 0700 and
// files 0600. Losing all of it costs comfort, never correctness; and a pause that
// is lost is over.
//
// # What can be relied on
//
// Everything but a journal appears whole or not at all ([WriteFile]); a run's
// directory too, so a run that is there has its plan. A journal only grows. A
// change is written to Box only after [Run.Begin] has returned, and by then the
// intention is on the disk: whatever kills the run, [ReadRun] tells which
// changes were begun and not ended, and the next run looks them up.
//
// # Who may do what
//
// Whoever calls [Dir.NewRun], [Dir.Unfinished], [Dir.Resume] or [Dir.Prune]
// holds the lock. The rest needs none; [Dir.ChangePauses] takes its own, so that
// groups can be paused while a run is under way.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

const (
	dirMode  = 0o700
	fileMode = 0o600
)

// Dir is the state of one installation in one enterprise.
type Dir struct {
	path string
	lock *flock.Flock // nil while the lock is not held
}

// Open returns the state below root of one installation (its `instance`) in one
// enterprise. It makes the directories, and finds out whether they can be
// written to, so that a run which could not keep a journal ends before it has
// cost anything.
func Open(root, instance, enterprise string) (*Dir, error) {
	if root == "" {
		return nil, errors.New("there is no state directory: set run.state_dir")
	}
	if !isName(instance) {
		return nil, fmt.Errorf("the instance %q cannot be part of a directory's name", instance)
	}
	// An instance may contain hyphens. An enterprise must not, or two pairs could
	// share a directory.
	if !isName(enterprise) || strings.Contains(enterprise, "-") {
		return nil, fmt.Errorf("the enterprise %q cannot be part of a directory's name: expected the number that Box gave it", enterprise)
	}
	d := &Dir{path: filepath.Join(root, instance+"-"+enterprise)}
	if err := d.make(root); err != nil {
		return nil, fault("make the state directory", d.runs(), err)
	}
	probe, err := os.CreateTemp(d.runs(), ".probe-*")
	if err != nil {
		return nil, fault("write to the state directory", d.runs(), inner(err))
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fault("write to the state directory", d.runs(), err)
	}
	return d, nil
}

// make makes the directories, and makes them last.
func (d *Dir) make(root string) error {
	if info, err := os.Stat(d.runs()); err == nil && info.IsDir() {
		return nil
	}
	if err := os.MkdirAll(d.runs(), dirMode); err != nil {
		return err
	}
	return errors.Join(syncDir(root), syncDir(d.path))
}

// Path returns the directory.
func (d *Dir) Path() string { return d.path }

func (d *Dir) runs() string { return filepath.Join(d.path, "runs") }

// isName reports whether s can stand in the name of a directory.
func isName(s string) bool {
	return s != "" && !strings.ContainsAny(s, `/\:`+"\x00") && s != "." && s != ".."
}

// fault says what was being done to which path, why it failed, and what to do
// about it where that is known.
func fault(doing, path string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok && p.Path == path {
		err = p.Err
	}
	if h := hint(err); h != "" {
		return fmt.Errorf("%s %s: %w: %s", doing, path, err, h)
	}
	return fmt.Errorf("%s %s: %w", doing, path, err)
}

// hint says what to do about an error of the file system.
func hint(err error) string {
	switch {
	case errors.Is(err, syscall.EROFS):
		return "mount a volume there that can be written to, or set run.state_dir to a directory on one"
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("let user %d write there, or set run.state_dir to a directory of theirs", os.Getuid())
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EEXIST):
		return "a file stands where a directory is needed; move it away"
	case errors.Is(err, syscall.EISDIR):
		return "a directory stands where a file is needed; move it away"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return "make room and run again"
	default:
		return ""
	}
}
