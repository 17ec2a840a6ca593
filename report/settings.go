package report

import (
	"github.com/mattn/go-runewidth"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/target"
)

// rowsOf returns the rows of a change: one, or one for each setting that it
// changes; a creation has one for itself, and one for each setting that the group
// is given.
func (p *printer) rowsOf(c *plan.Change, titled bool, indent int) []row {
	var rows []row
	if c.Kind != plan.UpdateGroup {
		rows = append(rows, rowOf(c, titled))
	}
	for _, s := range c.Settings {
		r := row{sign: "~", color: yellow}
		if c.Kind == plan.CreateGroup {
			r.sign, r.color = "+", green
		}
		lead := s.Setting.String() + " "
		if !titled {
			lead = clean(c.Group.Name) + ": " + lead
		}
		r.who = lead + p.settingText(c.Kind == plan.CreateGroup, s, p.opts.Width-indent-len("+ ")-columnsOf(lead))
		rows = append(rows, r)
	}
	return rows
}

// settingText shows what becomes of a setting, in so many columns if it can. A
// text may be 255 characters long, and a line has room for the beginnings; a level
// is a word, of which half says nothing.
func (p *printer) settingText(given bool, s plan.SettingChange, room int) string {
	const (
		arrow = " → "
		least = 12 // columns for a text, however narrow the line is
	)
	before, after := quoted(s.Before), quoted(s.After)
	if s.Before == "" {
		before = "none"
	}
	free := s.Setting == target.Description || s.Setting == target.Provenance
	switch {
	case given && free:
		return p.clipped(after, max(least, room))
	case given:
		return after
	case !free:
		return before + arrow + after
	}
	room -= columnsOf(arrow)
	half := room / 2
	switch narrow := min(columnsOf(before), columnsOf(after)); {
	case narrow > half: // neither leaves room for the other
		before, after = p.clipped(before, max(least, half)), p.clipped(after, max(least, room-half))
	case columnsOf(before) == narrow:
		after = p.clipped(after, max(least, room-narrow))
	default:
		before = p.clipped(before, max(least, room-narrow))
	}
	return before + arrow + after
}

// clipped cuts what is quoted to so many columns, unless everything is asked for.
func (p *printer) clipped(text string, room int) string {
	if p.opts.Verbose || columnsOf(text) <= room {
		return text
	}
	locale := runewidth.Condition{StrictEmojiNeutral: true}
	return locale.Truncate(text, room, `…"`)
}
