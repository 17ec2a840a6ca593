package state

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// pausesVersion is the format of pauses.json that this package writes, and the only
// one that it reads.
const pausesVersion = 1

type wirePauses struct {
	Version int         `json:"version"`
	Pauses  []wirePause `json:"pauses"`
}

type wirePause struct {
	Group  string    `json:"group"`
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	Set    time.Time `json:"set"`
}

func (d *Dir) pauses() string { return filepath.Join(d.path, "pauses.json") }

// Pauses returns the pauses that were set and not ended, in the order in which they
// were set; those that are over too, as long as no other was set. No file is no
// pause. A file that cannot be read is an error: somebody wanted groups left alone,
// and nobody can tell which.
func (d *Dir) Pauses() ([]plan.Pause, error) {
	b, err := os.ReadFile(d.pauses())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault("read", d.pauses(), err)
	}
	all, err := decodePauses(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: it says which groups are to be left alone, so nothing is done without it; "+
			"repair it, or remove it and set the pauses anew with rollcall pause", d.pauses(), err)
	}
	return all, nil
}

// pausesPoll is how often somebody who waits looks whether it is their turn. Whoever
// goes before them reads and writes one small file.
const pausesPoll = 20 * time.Millisecond

// ChangePauses replaces the pauses with what change makes of them, whole. Of several
// who do so at once each finds what the one before has left, and waits for that until
// ctx ends. It needs no lock of a run's, and keeps none waiting. If change fails, its
// error is returned, and nothing has changed.
func (d *Dir) ChangePauses(ctx context.Context, change func([]plan.Pause) ([]plan.Pause, error)) (err error) {
	path := filepath.Join(d.path, "pauses.lock")
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(fileMode))
	if _, err := lock.TryLockContext(ctx, pausesPoll); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fault("lock", path, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	all, err := d.Pauses()
	if err != nil {
		return err
	}
	if all, err = change(all); err != nil {
		return err
	}
	b, err := encodePauses(all)
	if err != nil {
		return fmt.Errorf("write %s: %w", d.pauses(), err)
	}
	return WriteFile(d.pauses(), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// encodePauses returns the file. What could not be read back is an error.
func encodePauses(all []plan.Pause) ([]byte, error) {
	w := wirePauses{Version: pausesVersion, Pauses: []wirePause{}}
	for _, p := range all {
		w.Pauses = append(w.Pauses, wirePause{p.Group.String(), p.Until.UTC(), p.Reason, p.Set.UTC()})
	}
	b, err := w.text()
	if err == nil {
		_, err = decodePauses(b)
	}
	return b, err
}

func (w *wirePauses) text() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err := e.Encode(w)
	return b.Bytes(), err
}

// decodePauses looks at the version first, as decodeMemory does. A file that says
// anything twice, or in another way than this program does, is refused: one of two
// readings would leave a group alone, and the other would not.
func decodePauses(b []byte) ([]plan.Pause, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, inWords(err)
	}
	if head.Version != pausesVersion {
		return nil, fmt.Errorf("its version is %d and this program knows version %d", head.Version, pausesVersion)
	}
	var w wirePauses
	if err := decodeStrict(b, &w); err != nil {
		return nil, err
	}
	if again, err := w.text(); err != nil || w.Pauses == nil || !bytes.Equal(compacted(b), compacted(again)) {
		return nil, errors.New("it is not as rollcall pause writes it: a key is missing, stands there twice, or is spelt in another way")
	}
	var all []plan.Pause
	for i := range w.Pauses {
		p, err := w.Pauses[i].pause()
		if err != nil {
			return nil, fmt.Errorf("pauses[%d]: %w", i, err)
		}
		if slices.ContainsFunc(all, func(q plan.Pause) bool { return strings.EqualFold(q.Group.String(), p.Group.String()) }) {
			return nil, fmt.Errorf("pauses[%d]: %q is paused twice", i, p.Group)
		}
		all = append(all, p)
	}
	return all, nil
}

// compacted returns JSON, which must be valid, without what is between its parts.
func compacted(b []byte) []byte {
	var out bytes.Buffer
	_ = json.Compact(&out, b)
	return out.Bytes()
}

func (w *wirePause) pause() (plan.Pause, error) {
	group, err := source.ParsePattern(w.Group)
	switch {
	case err != nil:
		return plan.Pause{}, err
	case w.Group == "":
		return plan.Pause{}, errors.New("it names no group; all are *")
	case w.Until.IsZero() || w.Set.IsZero():
		return plan.Pause{}, errors.New("it does not say until when it is, or when it was set")
	case strings.TrimSpace(w.Reason) == "":
		return plan.Pause{}, errors.New("it has no reason")
	}
	return plan.Pause{Group: group, Until: w.Until.UTC(), Reason: w.Reason, Set: w.Set.UTC()}, nil
}
