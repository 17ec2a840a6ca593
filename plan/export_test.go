package plan

import "github.com/rollcall-sync/rollcall/target"

// What the tests need to know and nobody else.

// MaxLine is the bound on a line of a plan file.
const MaxLine = maxLine

// Kinds returns all kinds of change.
func Kinds() []Kind { return kinds() }

// Causes returns all causes.
func Causes() []Cause { return causes() }

// FindingKinds returns all kinds of finding.
func FindingKinds() []FindingKind { return findingKinds() }

// NoticeKinds returns all kinds of notice.
func NoticeKinds() []NoticeKind { return noticeKinds() }

// AllNews returns what a hold can be.
func AllNews() []News { return news() }

// Settings are all settings that a plan file may hold.
func Settings() []target.Setting { return settings() }
