package plan

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/rollcall-sync/rollcall/target"
)

// SettingChange is what becomes of one setting of a group.
type SettingChange struct {
	Setting target.Setting
	// Before is what Box says now, and After what it is to say. After is never "":
	// whoever states nothing leaves Box's value as it is.
	Before, After string
}

// settings are those that a change can have, in their order.
func settings() []target.Setting {
	return []target.Setting{target.Description, target.Provenance, target.Invitability, target.Viewability}
}

// wantedSettings returns what the source and the configuration say of the pair's
// group. A description that Box would not take is as good as none.
func (d *Differ) wantedSettings(p *pair) target.Settings {
	wanted := d.opts.Settings
	wanted[target.Description] = p.desired.Description
	if tooLong(p.desired.Description) > 0 {
		wanted[target.Description] = ""
	}
	return wanted
}

// tooLong returns the length of a description that Box would not take, or 0.
func tooLong(description string) int {
	if n := utf8.RuneCountInString(description); n > target.MaxText {
		return n
	}
	return 0
}

// settingsDue returns the settings in which the pair's group is not as it is to
// be. Of a group that is in Box, nothing is due that Box was not asked for.
func (d *Differ) settingsDue(p *pair) []SettingChange {
	if p.actual.ID != 0 && !p.actual.Told {
		return nil
	}
	var due []SettingChange
	wanted := d.wantedSettings(p)
	for _, s := range settings() {
		if now := p.actual.Settings[s]; wanted[s] != "" && wanted[s] != now {
			due = append(due, SettingChange{s, now, wanted[s]})
		}
	}
	return due
}

// findDescriptionTooLong reports a description that is not written.
func (d *Differ) findDescriptionTooLong(p *pair) {
	if n := tooLong(p.desired.Description); n > 0 {
		d.finding(DescriptionTooLong, p.ref, "the description has %d characters, and Box takes %d; Box's is left as it is", n, target.MaxText)
	}
}

// Wanted returns the values that the change is to write.
func (c *Change) Wanted() target.Settings {
	var wanted target.Settings
	for _, s := range c.Settings {
		wanted[s.Setting] = s.After
	}
	return wanted
}

// settingsFit reports whether the change has settings that it can have: each one
// once and in order, and such as there is something to do about.
func (c *Change) settingsFit() bool {
	if len(c.Settings) > 0 && c.Kind != CreateGroup && c.Kind != UpdateGroup {
		return false
	}
	for i, s := range c.Settings {
		switch {
		case !slices.Contains(settings(), s.Setting), s.After == "", s.After == s.Before:
			return false
		case i > 0 && c.Settings[i-1].Setting >= s.Setting:
			return false
		case c.Kind == CreateGroup && s.Before != "":
			return false
		}
	}
	return true
}

// judgeSettings compares what UpdateGroup rests on with what Box says now. Where
// somebody has changed one of the settings since, what was agreed to is no longer
// true, and all of it is left.
func judgeSettings(c *Change, g *target.Group) Result {
	if !g.Told {
		return skipped("Box was not asked for the group's settings")
	}
	due := false
	for _, s := range c.Settings {
		switch now := g.Settings[s.Setting]; now {
		case s.After:
		case s.Before:
			due = true
		default:
			return skipped("the %s is %s now", s.Setting, strconv.Quote(now))
		}
	}
	if !due {
		return already("the group has these settings already")
	}
	return Result{}
}

// unwanted returns the first setting of the change that nobody asks for any more:
// it is not among those that are due now, and Box does not have it yet.
func unwanted(c *Change, due []SettingChange, now *target.Group) (setting target.Setting, found bool) {
	for _, s := range c.Settings {
		i := slices.IndexFunc(due, func(d SettingChange) bool { return d.Setting == s.Setting })
		if i >= 0 && due[i].After != s.After || i < 0 && now.Settings[s.Setting] != s.After {
			return s.Setting, true
		}
	}
	return 0, false
}

type settingWire struct {
	Setting string `json:"setting"`
	Before  string `json:"before"`
	After   string `json:"after"`
}

func settingsWire(changes []SettingChange) []settingWire {
	w := make([]settingWire, len(changes))
	for i, s := range changes {
		w[i] = settingWire{s.Setting.String(), s.Before, s.After}
	}
	return w
}

func settingsOf(w []settingWire) ([]SettingChange, error) {
	var changes []SettingChange
	for _, s := range w {
		setting, err := parseWord("setting", s.Setting, settings(), target.Setting.String)
		if err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		changes = append(changes, SettingChange{setting, s.Before, s.After})
	}
	return changes, nil
}
