package plan_test

import (
	"math"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
	"github.com/rollcall-sync/rollcall/target"
)

// name draws a name, mostly one that somebody would rather not have.
func name() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{
			"", "Finance", "a/b:c=d", `back\slash "quoted"`, `\ufffd`, "\ufffd", "<b>&amp;</b>", "\x00\x01\x1b[2J\x7f\u0085",
			"line\nbreak\r\ttab", "\u2028\u2029", "\u202egnp.exe", "👩‍👩‍👧", "e\u0301", "é", " padded ", "null", "\ufeffbom", "\U0010ffff",
		}),
	)
}

func id(t *rapid.T, label string) uint64 {
	return rapid.OneOf(rapid.Uint64Range(1, 9), rapid.Uint64Range(1, math.MaxUint64)).Draw(t, label)
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		const least, most = -62135596800, 253402300799 // the years 1 and 9999
		return time.Unix(rapid.Int64Range(least, most).Draw(t, "seconds"), 0).UTC()
	})
}

func anyLimit(t *rapid.T, label string) plan.Limit {
	l := plan.Limit{}
	if rapid.Bool().Draw(t, label+" has a count") {
		l = l.And(plan.AtMost(rapid.IntRange(0, math.MaxInt).Draw(t, label)))
	}
	if rapid.Bool().Draw(t, label+" has a share") {
		l = l.And(plan.Percent(rapid.Float64Range(0, 1e300).Draw(t, label)))
	}
	return l
}

// anyGroupLimits draws limits of a policy, of which any may be unsaid.
func anyGroupLimits(t *rapid.T) plan.GroupLimits {
	limit := func(label string) *plan.Limit {
		if rapid.Bool().Draw(t, label+" is said") {
			return new(anyLimit(t, label))
		}
		return nil
	}
	holds := func(label string) *bool {
		return rapid.SampledFrom([]*bool{nil, new(false), new(true)}).Draw(t, label)
	}
	return plan.GroupLimits{
		RemovalsPerGroup: limit("removals_per_group"), AddsPerGroup: limit("adds_per_group"), UnresolvedMembers: limit("unresolved_members"),
		HoldEmptyGroup: holds("empty_group"), HoldLastAdmin: holds("last_admin"),
	}
}

func anyGroup(t *rapid.T) plan.GroupRef {
	return plan.GroupRef{
		Key:        source.GroupKey{Source: name().Draw(t, "source"), ID: name().Draw(t, "key")},
		Identifier: "rollcall:main:" + name().Draw(t, "identifier"),
		ID:         target.GroupID(id(t, "group")),
		Name:       "G" + name().Draw(t, "group name"),
	}
}

// idOf is the id that a change is to have, as docs and reviewers know it.
func idOf(c plan.Change) string {
	text := c.Kind.String() + "/"
	if c.Group.ID != 0 {
		text += c.Group.ID.String()
	} else {
		text += c.Group.Identifier
	}
	if c.User.ID != 0 {
		text += "/" + c.User.ID.String()
	}
	return text
}

func anyRole(t *rapid.T, label string) target.Role {
	return rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin}).Draw(t, label)
}

// anySettings draws changes of settings, at least so many.
func anySettings(t *rapid.T, least int) []plan.SettingChange {
	var changes []plan.SettingChange
	for _, s := range plan.Settings() {
		if rapid.Bool().Draw(t, s.String()) || len(changes) < least && s == target.Viewability {
			after := "A" + name().Draw(t, "after")
			changes = append(changes, plan.SettingChange{Setting: s, Before: "B" + name().Draw(t, "before"), After: after})
		}
	}
	return changes
}

// anyChange draws a change that can be applied, of a kind other than CreateGroup.
func anyChange(t *rapid.T, group plan.GroupRef) plan.Change {
	c := plan.Change{Group: group, Cause: rapid.SampledFrom(plan.Causes()).Draw(t, "cause")}
	if group.ID == 0 {
		c.Kind = plan.Add
	} else {
		c.Kind = rapid.SampledFrom(plan.Kinds()[1:]).Draw(t, "kind")
	}
	if c.Kind >= plan.Add {
		c.User = target.User{ID: target.UserID(id(t, "user")), Login: name().Draw(t, "login"), Name: name().Draw(t, "user name")}
	}
	switch c.Kind {
	case plan.RekeyGroup:
		c.BeforeIdentifier = "rollcall:" + name().Draw(t, "identifier before")
	case plan.RenameGroup:
		c.BeforeName = name().Draw(t, "name before")
	case plan.UpdateGroup:
		c.Settings = anySettings(t, 1)
	case plan.Add:
		c.After = anyRole(t, "after")
		c.Membership = target.MembershipID(rapid.Uint64Range(0, 2).Draw(t, "membership"))
	case plan.SetRole:
		c.Membership = target.MembershipID(id(t, "membership"))
		c.Before, c.After = anyRole(t, "before"), anyRole(t, "after")
	case plan.Remove:
		c.Membership = target.MembershipID(id(t, "membership"))
		c.Before = rapid.SampledFrom([]target.Role{target.RoleMember, target.RoleAdmin, target.RoleOther}).Draw(t, "before")
	default:
	}
	return c
}

// drawer draws the changes of one plan: each id once.
type drawer struct {
	ids []string
}

// changes draws up to n changes to some groups, of which some are created.
func (d *drawer) changes(t *rapid.T, n int) []plan.Change {
	var out []plan.Change
	take := func(c plan.Change) bool {
		c.ID = idOf(c)
		if slices.Contains(d.ids, c.ID) {
			return false
		}
		d.ids = append(d.ids, c.ID)
		out = append(out, c)
		return true
	}
	for range rapid.IntRange(0, n).Draw(t, "groups") {
		group := anyGroup(t)
		var needs []string
		if rapid.Bool().Draw(t, "created") {
			group.ID = 0
			create := plan.Change{Kind: plan.CreateGroup, Group: group, Cause: plan.Wanted, Settings: anySettings(t, 0)}
			for i := range create.Settings {
				create.Settings[i].Before = ""
			}
			if !take(create) {
				continue
			}
			needs = []string{idOf(create)}
		}
		for range rapid.IntRange(0, n).Draw(t, "changes") {
			c := anyChange(t, group)
			c.Needs = needs
			if len(out) > 0 && rapid.IntRange(0, 9).Draw(t, "needs more") == 0 {
				c.Needs = append(slices.Clone(needs), out[rapid.IntRange(0, len(out)-1).Draw(t, "need")].ID)
			}
			take(c)
		}
	}
	return out
}

// anyPlan draws a plan that can be written, of random values.
func anyPlan(t *rapid.T) *plan.Plan {
	p := &plan.Plan{Header: anyHeader(t)}
	for range rapid.IntRange(0, 3).Draw(t, "groups compared") {
		p.Groups = append(p.Groups, plan.GroupSummary{Group: anyGroup(t), NameInSource: name().Draw(t, "name in source"), Current: rapid.IntRange(0, 9).Draw(t, "current")})
	}
	d := &drawer{}
	p.Changes = d.changes(t, 4)
	for range rapid.IntRange(0, 3).Draw(t, "holds") {
		h := plan.Hold{
			Rule: rapid.SampledFrom(plan.Rules()).Draw(t, "rule"), Source: name().Draw(t, "source"),
			Reason: name().Draw(t, "reason"), Release: name().Draw(t, "release"), Changes: d.changes(t, 2),
		}
		if rapid.Bool().Draw(t, "of a group") {
			h.Group = anyGroup(t)
		}
		if rapid.Bool().Draw(t, "acknowledged") {
			h.Acknowledged.Until = anyTime().Draw(t, "acknowledged until")
		}
		if !h.Acknowledged.Until.IsZero() {
			h.Acknowledged.Reason = name().Draw(t, "acknowledged because")
		}
		h.Age = plan.Age{
			News: rapid.SampledFrom(plan.AllNews()).Draw(t, "news"), Since: anyTime().Draw(t, "since"),
			Nights: rapid.IntRange(0, math.MaxInt).Draw(t, "nights"), From: rapid.IntRange(0, math.MaxInt).Draw(t, "grown from"),
		}
		p.Holds = append(p.Holds, h)
	}
	for range rapid.IntRange(0, 3).Draw(t, "findings") {
		f := plan.Finding{
			Kind: rapid.SampledFrom(plan.FindingKinds()).Draw(t, "finding"), Login: source.NewLogin(name().Draw(t, "login")),
			Text: name().Draw(t, "text"), Release: name().Draw(t, "release"),
		}
		if rapid.Bool().Draw(t, "of a group") {
			f.Group = anyGroup(t)
		}
		p.Findings = append(p.Findings, f)
	}
	return p
}

func anyHeader(t *rapid.T) plan.Header {
	count := func(label string) int { return rapid.IntRange(0, math.MaxInt).Draw(t, label) }
	texts := rapid.SliceOfN(name(), 0, 3)
	h := plan.Header{
		Tool: name().Draw(t, "tool"), Created: anyTime().Draw(t, "created"), Expires: anyTime().Draw(t, "expires"),
		Instance: name().Draw(t, "instance"), EnterpriseID: name().Draw(t, "enterprise"),
		Enterprise: name().Draw(t, "enterprise name"), Account: name().Draw(t, "account"),
		Scope: plan.Scope{
			Groups:       mustGlobs(rapid.SliceOfN(rapid.SampledFrom([]string{"", "*", "Fin*", "[!a-c]?", `\*`, "部*", "\x01"}), 0, 3).Draw(t, "scope")...),
			SkipRemovals: rapid.Bool().Draw(t, "skip"), EmptyOrphans: texts.Draw(t, "orphans"),
		},
		Compared: plan.Compared{Groups: count("groups"), Memberships: count("memberships"), Logins: count("logins"), NewUnknown: count("unknown")},
		Kept: plan.Kept{
			Protected: count("protected"), Additive: count("additive"), Roles: count("roles"), Ignored: count("ignored"), Domains: count("domains"),
		},
		Blocked:   rapid.Bool().Draw(t, "blocked"),
		Calls:     plan.Calls{Made: rapid.Int64Min(0).Draw(t, "made"), RatePerMinute: count("rate"), Lookup: name().Draw(t, "lookup")},
		ChangeRef: name().Draw(t, "change ref"), ApprovedBy: name().Draw(t, "approved by"),
		AllowAll: texts.Draw(t, "allow all"),
		Limits: plan.Limits{
			Removals: anyLimit(t, "removals"), RemovalsPerGroup: anyLimit(t, "removals_per_group"), Adds: anyLimit(t, "adds"),
			AddsPerGroup: anyLimit(t, "adds_per_group"), Demotions: anyLimit(t, "demotions"), AdminGrants: anyLimit(t, "admin_grants"),
			GroupCreations: anyLimit(t, "group_creations"), GroupRenames: anyLimit(t, "group_renames"), SourceShrink: anyLimit(t, "source_shrink"),
			UnknownLogins: anyLimit(t, "unknown_logins"), UnresolvedMembers: anyLimit(t, "unresolved_members"),
			FloorRun: count("floor"), FloorGroup: count("group floor"),
			HoldEmptyGroup: rapid.Bool().Draw(t, "hold empty"), BlockAll: rapid.Bool().Draw(t, "block all"),
			HoldLastAdmin: rapid.Bool().Draw(t, "hold last admin"),
		},
	}
	for range rapid.IntRange(0, 2).Draw(t, "group limits") {
		h.GroupLimits = append(h.GroupLimits, plan.PolicyLimits{
			Match: mustGlobs(rapid.SampledFrom([]string{"", "*", "Fin*", "部?"}).Draw(t, "match"))[0], GroupLimits: anyGroupLimits(t),
		})
	}
	for _, text := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"removals=137", "adds=2.5%", "removals_per_group:Finance=40", "empty_group=allow", "empty_group:a:b=c=allow", "adds_per_group:部=0",
		"last_admin=allow", "last_admin:a=b=allow", "unknown_logins=7", "unresolved_members:A=5%",
		"source_shrink=5%", "source_shrink:hr=40",
		"possible_rename=allow", "possible_rename:a:b=allow",
	}), 0, 3).Draw(t, "allowed") {
		a, err := plan.ParseAllowance(text)
		if err != nil {
			t.Fatal(err)
		}
		h.Allowed = append(h.Allowed, a)
	}
	for range rapid.IntRange(0, 2).Draw(t, "pauses") {
		var set time.Time
		if rapid.Bool().Draw(t, "by hand") {
			set = anyTime().Draw(t, "set")
		}
		h.Paused = append(h.Paused, plan.Paused{
			Set: set, Group: name().Draw(t, "paused"), Until: anyTime().Draw(t, "paused until"), Reason: name().Draw(t, "paused because"), Groups: count("paused groups"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "notices") {
		h.Notices = append(h.Notices, plan.Notice{Kind: rapid.SampledFrom(plan.NoticeKinds()).Draw(t, "notice"), Text: name().Draw(t, "notice text")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "parts") {
		h.Fingerprint = append(h.Fingerprint, plan.FingerprintPart{Name: name().Draw(t, "part"), Digest: name().Draw(t, "digest")})
	}
	for range rapid.IntRange(0, 2).Draw(t, "sources") {
		h.Sources = append(h.Sources, source.Evidence{
			Name: name().Draw(t, "source"), Kind: name().Draw(t, "kind"), Origin: name().Draw(t, "origin"), Digest: name().Draw(t, "digest"),
			Notes: texts.Draw(t, "notes"), Groups: count("groups"), Memberships: count("memberships"),
			GroupsComplete: rapid.Bool().Draw(t, "complete"),
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "remembered") {
		h.Remembered = append(h.Remembered, plan.RememberedSource{
			Name: name().Draw(t, "remembered source"), SourceCounts: plan.SourceCounts{Groups: count("groups"), Memberships: count("memberships")},
		})
	}
	return h
}
