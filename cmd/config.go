package cmd

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-sync/rollcall/plan"
	"github.com/rollcall-sync/rollcall/source"
)

// config is the configuration file. The yaml names are those of
// config.example.yaml, which says what each key means.
type config struct {
	Version  int                 `yaml:"version"`
	Instance string              `yaml:"instance"`
	Sources  []sourceConfig      `yaml:"sources"`
	Target   targetConfig        `yaml:"target"`
	Groups   groupsConfig        `yaml:"groups"`
	Members  membersConfig       `yaml:"members"`
	Policies []policyConfig      `yaml:"policies"`
	Limits   limitsConfig        `yaml:"limits"`
	Run      runConfig           `yaml:"run"`
	Holds    holdsConfig         `yaml:"holds"`
	Pause    []pauseConfig       `yaml:"pause"`
	Log      logConfig           `yaml:"log"`
	dir      string              // of the file; relative paths start there
	mapped   []source.MapEntry   // of groups.map_file
	at       func(...any) string // where a key stands: file:line

	file string
	line func(...any) int  // where a key stands, or what is nearest to it
	has  func(...any) bool // whether the file has a key, be it right or wrong
	cut  []string          // keys whose values could not be read
}

type sourceConfig struct {
	Name   string       `yaml:"name"`
	CSV    *csvConfig   `yaml:"csv"`
	LDAP   *ldapConfig  `yaml:"ldap"`
	Expect expectConfig `yaml:"expect"`
}

type expectConfig struct {
	MinGroups      *int `yaml:"min_groups"`
	MinMemberships *int `yaml:"min_memberships"`
}

type groupsConfig struct {
	Include []pattern `yaml:"include"`
	Exclude []pattern `yaml:"exclude"`
	Create  bool      `yaml:"create"`
	Adopt   string    `yaml:"adopt"`

	MapFile string          `yaml:"map_file"`
	Rename  []rewriteConfig `yaml:"rename"`

	Settings settingsConfig `yaml:"settings"`
}

type membersConfig struct {
	Domains          []string          `yaml:"domains"`
	Protect          []pattern         `yaml:"protect"`
	Ignore           []pattern         `yaml:"ignore"`
	Remove           bool              `yaml:"remove"`
	ManageRoles      bool              `yaml:"manage_roles"`
	RemovalGrace     duration          `yaml:"removal_grace"`
	AdminPermissions permissionsConfig `yaml:"admin_permissions"`
	Rewrite          []rewriteConfig   `yaml:"rewrite"`
}

type permissionsConfig struct {
	RunReports     bool `yaml:"can_run_reports"`
	InstantLogin   bool `yaml:"can_instant_login"`
	CreateAccounts bool `yaml:"can_create_accounts"`
	EditAccounts   bool `yaml:"can_edit_accounts"`
}

type limitsConfig struct {
	Removals         limit `yaml:"removals"`
	RemovalsPerGroup limit `yaml:"removals_per_group"`
	Adds             limit `yaml:"adds"`
	AddsPerGroup     limit `yaml:"adds_per_group"`
	Demotions        limit `yaml:"demotions"`
	AdminGrants      limit `yaml:"admin_grants"`
	GroupCreations   limit `yaml:"group_creations"`
	GroupRenames     limit `yaml:"group_renames"`
	SourceShrink     limit `yaml:"source_shrink"`

	UnknownLogins     limit       `yaml:"unknown_logins"`
	UnresolvedMembers limit       `yaml:"unresolved_members"`
	Floor             floorConfig `yaml:"floor"`
	EmptyGroup        string      `yaml:"empty_group"`
	LastAdmin         string      `yaml:"last_admin"`
	OnLimit           string      `yaml:"on_limit"`
}

type floorConfig struct {
	Run   int `yaml:"run"`
	Group int `yaml:"group"`
}

type runConfig struct {
	StateDir   string   `yaml:"state_dir"`
	Order      string   `yaml:"order"`
	PlanMaxAge duration `yaml:"plan_max_age"`
	Timeout    duration `yaml:"timeout"`
	Drain      duration `yaml:"drain"`
	Keep       duration `yaml:"keep"`

	RequireReview bool `yaml:"require_review"`
}

type logConfig struct {
	Format string `yaml:"format"`
	Level  string `yaml:"level"`
}

const day = 24 * time.Hour

// defaultConfig is what a file that says nothing means.
func defaultConfig() *config {
	d := plan.DefaultLimits()
	return &config{
		Instance: "main",
		Groups:   groupsConfig{Create: true, Adopt: "never"},
		Members:  membersConfig{Remove: true, ManageRoles: true},
		Limits: limitsConfig{
			Removals: limit{d.Removals}, RemovalsPerGroup: limit{d.RemovalsPerGroup},
			Adds: limit{d.Adds}, AddsPerGroup: limit{d.AddsPerGroup},
			Demotions: limit{d.Demotions}, AdminGrants: limit{d.AdminGrants},
			GroupCreations: limit{d.GroupCreations}, GroupRenames: limit{d.GroupRenames},
			SourceShrink: limit{d.SourceShrink}, UnknownLogins: limit{d.UnknownLogins}, UnresolvedMembers: limit{d.UnresolvedMembers},
			Floor:      floorConfig{Run: d.FloorRun, Group: d.FloorGroup},
			EmptyGroup: "hold", LastAdmin: "hold", OnLimit: "hold_kind",
		},
		Run: runConfig{
			Order: "adds_first", PlanMaxAge: duration{7 * day}, Drain: duration{20 * time.Second}, Keep: duration{90 * day},
		},
		Log: logConfig{Format: "auto", Level: "info"},
	}
}

// path returns a path of the configuration as the process can open it.
func (c *config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(c.dir, p)
}

var namePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// problems returns everything that is wrong with the configuration beyond its
// form.
func (c *config) problems() []error {
	var found []error
	bad := func(text string, key ...any) {
		if !c.unread(key...) {
			found = append(found, &problem{c.file, c.line(key...), text})
		}
	}
	oneOf := func(value string, allowed []string, key ...any) {
		if !slices.Contains(allowed, value) {
			bad(fmt.Sprintf("%s is %q; it can be %s", dotted(key), value, strings.Join(allowed, ", ")), key...)
		}
	}
	switch c.Version {
	case 1:
	case 0:
		bad("no version; begin the file with version: 1", "version")
	default:
		bad(fmt.Sprintf("version is %d; this program reads version 1", c.Version), "version")
	}
	if !namePattern.MatchString(c.Instance) {
		bad(fmt.Sprintf("instance is %q; use letters, digits, . _ and -", c.Instance), "instance")
	}
	oneOf(c.Limits.EmptyGroup, []string{"hold", "allow"}, "limits", "empty_group")
	oneOf(c.Limits.LastAdmin, []string{"hold", "allow"}, "limits", "last_admin")
	oneOf(c.Limits.OnLimit, []string{"hold_kind", "block"}, "limits", "on_limit")
	oneOf(c.Groups.Adopt, []string{"never", "by_name"}, "groups", "adopt")
	oneOf(c.Run.Order, []string{"adds_first", "removals_first"}, "run", "order")
	oneOf(c.Log.Format, []string{"auto", "text", "json"}, "log", "format")
	oneOf(c.Log.Level, []string{"debug", "info", "warn", "error"}, "log", "level")
	atLeast := func(n, least int, key ...any) {
		if n < least {
			bad(fmt.Sprintf("%s is %d; it must be %d or more", dotted(key), n, least), key...)
		}
	}
	atLeast(c.Limits.Floor.Run, 0, "limits", "floor", "run")
	atLeast(c.Limits.Floor.Group, 0, "limits", "floor", "group")
	if c.Run.PlanMaxAge.Duration <= 0 {
		bad("run.plan_max_age must be over 0", "run", "plan_max_age")
	}
	if c.Run.Keep.Duration < day {
		bad("run.keep must be at least 1d", "run", "keep")
	}
	if c.Run.StateDir == "" && c.Members.RemovalGrace.Duration > 0 {
		bad("members.removal_grace needs run.state_dir: without it nothing is remembered from run to run, so nobody knows how long somebody has been missing",
			"members", "removal_grace")
	}
	c.settingsProblems(bad, oneOf)
	c.mappingProblems(bad)
	c.patternProblems(bad)
	c.policyProblems(bad, oneOf)
	c.holdsProblems(bad)
	c.sourceProblems(bad, oneOf)
	c.targetProblems(bad, atLeast)
	return found
}

func (c *config) sourceProblems(bad func(string, ...any), oneOf func(string, []string, ...any)) {
	if len(c.Sources) == 0 {
		bad("no sources; name at least one under sources", "sources")
	}
	told := 0
	report := bad
	bad = func(text string, key ...any) {
		told++
		report(text, key...)
	}
	seen := map[string]bool{}
	for i, s := range c.Sources {
		told = 0
		switch {
		case !namePattern.MatchString(s.Name):
			bad(fmt.Sprintf("the source's name is %q; use letters, digits, . _ and -", s.Name), "sources", i, "name")
		case seen[s.Name]:
			bad(fmt.Sprintf("two sources are called %q", s.Name), "sources", i, "name")
		}
		seen[s.Name] = true
		c.kindProblems(i, bad)
		if s.LDAP != nil {
			s.LDAP.problems(i, bad, oneOf)
		}
		if s.CSV == nil {
			continue
		}
		s.CSV.problems(bad, oneOf, "sources", i, "csv")
		if told == 0 {
			c.openProblems(i, bad)
		}
	}
	c.stdinProblems(bad)
}

// openProblems is what the reader of a source says of its settings before it reads
// anything.
func (c *config) openProblems(i int, bad func(string, ...any)) {
	s := c.Sources[i]
	if c.unread("sources", i) {
		return
	}
	_, err := newSource(new(Env), c, s)
	if err == nil {
		return
	}
	for _, one := range problemsOf(err) {
		place := []any{"sources", i}
		if key, ok := strings.CutPrefix(one.Error(), "sources."+s.Name+"."); ok {
			key, _, _ = strings.Cut(key, " ")
			for step := range strings.SplitSeq(strings.TrimSuffix(key, ":"), ".") {
				place = append(place, step)
			}
		}
		bad(one.Error(), place...)
	}
}

// kindProblems checks that a source is of exactly one kind.
func (c *config) kindProblems(i int, bad func(string, ...any)) {
	csv, ldap := c.has("sources", i, "csv"), c.has("sources", i, "ldap")
	switch {
	case csv && ldap:
		bad(fmt.Sprintf("source %q is of two kinds; keep csv or ldap, and give the other one a name of its own", c.Sources[i].Name), "sources", i, "ldap")
	case !csv && !ldap:
		bad(fmt.Sprintf("source %q has no kind; give csv or ldap", c.Sources[i].Name), "sources", i)
	}
}

// dotted returns a key as people write it: sources[0].csv.path.
func dotted(key []any) string {
	var text strings.Builder
	for _, k := range key {
		if i, ok := k.(int); ok {
			fmt.Fprintf(&text, "[%d]", i)
			continue
		}
		if text.Len() > 0 {
			text.WriteByte('.')
		}
		fmt.Fprint(&text, k)
	}
	return text.String()
}

// policies returns what the configuration says about planning.
func (c *config) policies() plan.Options {
	domains := make([]string, len(c.Members.Domains))
	for i, d := range c.Members.Domains {
		domains[i] = foldDomain(d)
	}
	l := c.Limits
	return plan.Options{
		Instance:    c.Instance,
		Include:     patterns(c.Groups.Include),
		Exclude:     patterns(c.Groups.Exclude),
		Create:      c.Groups.Create,
		Adopt:       c.Groups.Adopt == "by_name",
		Settings:    c.Groups.Settings.wanted(),
		Mapped:      c.mapped,
		Remove:      c.Members.Remove,
		ManageRoles: c.Members.ManageRoles,
		Protect:     patterns(c.Members.Protect),
		Ignore:      patterns(c.Members.Ignore),
		Domains:     domains,

		Policies:      c.groupPolicies(),
		RemovalGrace:  c.Members.RemovalGrace.Duration,
		Pauses:        c.pauses(),
		Acknowledged:  c.acknowledged(),
		RequireReview: c.Run.RequireReview,
		Fingerprint:   c.fingerprint(),
		Limits: plan.Limits{
			Removals: l.Removals.Limit, RemovalsPerGroup: l.RemovalsPerGroup.Limit,
			Adds: l.Adds.Limit, AddsPerGroup: l.AddsPerGroup.Limit,
			Demotions: l.Demotions.Limit, AdminGrants: l.AdminGrants.Limit,
			GroupCreations: l.GroupCreations.Limit, GroupRenames: l.GroupRenames.Limit,
			SourceShrink: l.SourceShrink.Limit, UnknownLogins: l.UnknownLogins.Limit, UnresolvedMembers: l.UnresolvedMembers.Limit,
			FloorRun: l.Floor.Run, FloorGroup: l.Floor.Group,
			HoldEmptyGroup: l.EmptyGroup == "hold", HoldLastAdmin: l.LastAdmin == "hold", BlockAll: l.OnLimit == "block",
		},
	}
}

func patterns(ps []pattern) []source.Pattern {
	out := make([]source.Pattern, len(ps))
	for i, p := range ps {
		out[i] = p.Pattern
	}
	return out
}
