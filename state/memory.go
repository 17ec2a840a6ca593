package state

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// memoryVersion is the format of memory.json that this package writes, and the
// only one that it reads.
const memoryVersion = 1

type wireMemory struct {
	Version     int                       `json:"version"`
	Updated     time.Time                 `json:"updated,omitzero"`
	Calls       int64                     `json:"calls"`
	Owned       int                       `json:"owned,omitempty"`
	Fingerprint []wirePart                `json:"fingerprint,omitempty"`
	Agreed      []wirePart                `json:"agreed,omitempty"`
	Sources     map[string]wireSource     `json:"sources,omitempty"`
	Made        []wireMade                `json:"made,omitempty"`
	Holds       map[string]time.Time      `json:"holds,omitempty"`
	Sizes       map[string]int            `json:"hold_sizes,omitempty"`
	Absences    map[string]time.Time      `json:"absences,omitempty"`
	Unknown     []string                  `json:"unknown,omitempty"`
	Counted     bool                      `json:"unknown_counted,omitempty"`
	People      map[string]target.UserID  `json:"people,omitempty"`
	Groups      map[string]target.GroupID `json:"groups,omitempty"`
}

type wirePart struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

type wireSource struct {
	Groups      int `json:"groups"`
	Memberships int `json:"memberships"`
}

func (d *Dir) memory() string { return filepath.Join(d.path, "memory.json") }

// Memory returns what was saved last. Where nothing was, it is empty, and never
// nil. A memory that cannot be read is an error, and not an empty memory:
// grace periods would start anew, and nobody would know why.
func (d *Dir) Memory() (*plan.Memory, error) {
	b, err := os.ReadFile(d.memory())
	if errors.Is(err, fs.ErrNotExist) {
		return &plan.Memory{}, nil
	}
	if err != nil {
		return nil, fault("read", d.memory(), err)
	}
	w, err := decodeMemory(b)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: if a later rollcall wrote it, run that one; otherwise move it away, and the next run knows nothing of earlier ones, which costs comfort, never correctness", d.memory(), err)
	}
	m := &plan.Memory{
		Updated: w.Updated, Owned: w.Owned, Calls: w.Calls, People: w.People, Holds: w.Holds, Absences: w.Absences, Unknown: w.Unknown,
		UnknownCounted: w.Counted, HoldSizes: w.Sizes, Made: madeOf(w.Made), Groups: w.Groups,
	}
	for _, p := range w.Fingerprint {
		m.Fingerprint = append(m.Fingerprint, plan.FingerprintPart(p))
	}
	for _, p := range w.Agreed {
		m.Agreed = append(m.Agreed, plan.FingerprintPart(p))
	}
	if w.Sources != nil {
		m.Sources = make(map[string]plan.SourceCounts, len(w.Sources))
	}
	for name, s := range w.Sources {
		m.Sources[name] = plan.SourceCounts(s)
	}
	return m, nil
}

// SaveMemory replaces the memory, whole. A nil memory is not saved.
func (d *Dir) SaveMemory(m *plan.Memory) error {
	if m == nil {
		return nil
	}
	w := wireMemory{
		Version: memoryVersion, Updated: m.Updated, Owned: m.Owned, Calls: m.Calls,
		People: m.People, Holds: m.Holds, Absences: m.Absences, Unknown: m.Unknown,
		Counted: m.UnknownCounted, Sizes: m.HoldSizes, Made: wireMadeOf(m.Made), Groups: m.Groups,
	}
	for _, p := range m.Fingerprint {
		w.Fingerprint = append(w.Fingerprint, wirePart(p))
	}
	for _, p := range m.Agreed {
		w.Agreed = append(w.Agreed, wirePart(p))
	}
	if m.Sources != nil {
		w.Sources = make(map[string]wireSource, len(m.Sources))
	}
	for name, s := range m.Sources {
		w.Sources[name] = wireSource(s)
	}
	return WriteFile(d.memory(), func(out io.Writer) error {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(w)
	})
}

// decodeMemory looks at the version first: what a later version added is no
// unknown field.
func decodeMemory(b []byte) (*wireMemory, error) {
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, inWords(err)
	}
	if head.Version != memoryVersion {
		return nil, fmt.Errorf("its version is %d and this program knows version %d", head.Version, memoryVersion)
	}
	w := new(wireMemory)
	if err := decodeStrict(b, w); err != nil {
		return nil, err
	}
	return w, nil
}

// inWords says what is wrong with a file that is not as it was written.
func inWords(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s cannot be a %s", cmp.Or(wrong.Field, "it"), wrong.Value)
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: "); ok { // an unknown field
		return errors.New(text)
	}
	return errors.New("it is cut off or damaged")
}

// decodeStrict decodes one JSON value with no field that v does not have and
// nothing behind it.
func decodeStrict(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return inWords(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something behind its end")
	}
	return nil
}
