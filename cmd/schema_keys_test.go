package cmd

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/invopop/jsonschema"

	"github.com/rollcall-sync/rollcall/target"
)

// keyFacts is what the schema says of one key beyond its type.
type keyFacts struct {
	says string // for the editor to show
	more func(*jsonschema.Schema)
}

// schemaKeys has every key of the configuration: lists are passed through, so
// that sources.name is the name of one source.
func schemaKeys() map[string]keyFacts {
	return map[string]keyFacts{
		"version":  {"The version of this format: 1.", func(s *jsonschema.Schema) { s.Const = 1 }},
		"instance": {"Goes into every identifier that rollcall writes into Box, so that two installations never touch each other's groups. Choose it once.", plainName},

		"sources":                         {"Who should be in which group, as files or directories say.", someSources},
		"sources.name":                    {"The source's name. It goes into the identifiers as well.", plainName},
		"sources.csv":                     {"A CSV file with a header row: one row for each membership.", required("path")},
		"sources.csv.path":                {"The file, which may be UTF-8 or UTF-16 and compressed with gzip; a pattern such as exports/*.csv; or - for standard input. A relative path starts at the directory of this file.", notEmpty},
		"sources.csv.delimiter":           {"What separates the fields. With auto, the header row says.", words(slices.Sorted(maps.Keys(delimiters()))...)},
		"sources.csv.columns":             {"The names in the header row; other columns are ignored.", nil},
		"sources.csv.columns.group":       {"The column of the group's name.", nil},
		"sources.csv.columns.login":       {"The column of the e-mail address that Box knows the person by.", nil},
		"sources.csv.columns.role":        {"The column of the role. If it is named here, it must be there.", nil},
		"sources.csv.columns.name":        {"The column of the display name, for reports.", nil},
		"sources.csv.columns.source_id":   {"The column of the group's id in the source, which stays when its name changes.", nil},
		"sources.csv.columns.description": {"The column of the group's description in Box, on any of its rows. Without one, Box's is left as it is.", nil},
		"sources.csv.columns.box_id":      {"The column of the id of the Box group that the group is, on any of its rows.", nil},
		"sources.csv.default_role":        {"The role where the role column is missing or blank. Unstated adds people as members and never changes a role.", words("unstated", "member", "admin")},
		"sources.csv.on_bad_row":          {"What a bad row does: hold what would be taken from its group, or fail the read. Faults of structure always fail.", words("hold_group", "fail")},
		"sources.csv.max_age":             {"How long ago a file may have been modified. An older one is a failed read; 0s is any time.", nil},
		"sources.csv.checksum_file":       {"A list of the files' digests, as sha256sum writes it. Another file than the one that is listed is a failed read.", nil},
		"sources.expect":                  {"What the source has at least. Fewer is a failed read: nothing is decided from it.", nil},
		"sources.expect.min_groups":       {"The least number of groups.", atLeast("0")},
		"sources.expect.min_memberships":  {"The least number of memberships.", atLeast("0")},

		"sources.ldap":                          {"A directory: OpenLDAP, Active Directory, and what speaks as they do.", directory},
		"sources.ldap.urls":                     {"The servers, tried in order; one of them gives a whole read.", someAddresses},
		"sources.ldap.start_tls":                {"Encrypt after connecting, for ldap:// addresses.", nil},
		"sources.ldap.allow_plaintext":          {"Accept ldap:// addresses without start_tls: everything is sent in the clear, the password as well.", nil},
		"sources.ldap.tls":                      {"How the servers are trusted.", together("cert_file", "key_file")},
		"sources.ldap.tls.ca_file":              {"A PEM file of the certificate authorities to trust in place of the system's.", nil},
		"sources.ldap.tls.cert_file":            {"The PEM file of rollcall's own certificate.", nil},
		"sources.ldap.tls.key_file":             {"The PEM file of its key.", nil},
		"sources.ldap.tls.server_name":          {"The name that the servers' certificates have, if it is not that of the address.", nil},
		"sources.ldap.tls.insecure_skip_verify": {"Trust any server. For a first try only: whoever is on the way can read the password and change the answers.", nil},
		"sources.ldap.bind":                     {"Who rollcall is to the directory.", bindForms},
		"sources.ldap.bind.method":              {"Simple: dn and password. External: the certificate of tls says.", words("simple", "anonymous", "external")},
		"sources.ldap.bind.dn":                  {"The account.", nil},
		"sources.ldap.bind.password":            {"Where its password is.", nil},
		"sources.ldap.preset":                   {"The kind of directory, which sets the attributes below.", words(ldapPresets()...)},
		"sources.ldap.page_size":                {"How many entries a page has.", between("1", "10000")},
		"sources.ldap.timeout":                  {"How long one page may take.", overZero},
		"sources.ldap.referral_hosts":           {"Hosts to which a server may refer. Elsewhere no referral is followed.", nil},
		"sources.ldap.groups":                   {"Where groups are, and what their attributes are called. What is empty is the preset's.", required("base_dn", "filter")},
		"sources.ldap.groups.base_dn":           {"Below which entry groups are.", dnForm},
		"sources.ldap.groups.filter":            {"Which entries are groups.", filterForm},
		"sources.ldap.groups.scope":             {"Sub: at any depth. One: directly below.", words(ldapScopes()...)},
		"sources.ldap.groups.marker":            {"A group whose direct members are the only groups that count. Empty: all that the filter finds.", optional(dnForm)},
		"sources.ldap.groups.id":                {"The attribute of the id, which stays when the name changes.", nil},
		"sources.ldap.groups.name":              {"The attribute of the name.", nil},
		"sources.ldap.groups.description":       {"The attribute of the description.", nil},
		"sources.ldap.groups.member":            {"The attribute of the members.", nil},
		"sources.ldap.users":                    {"Where people are, and what their attributes are called. What is empty is the preset's.", required("base_dn")},
		"sources.ldap.users.base_dn":            {"Below which entry people are.", dnForm},
		"sources.ldap.users.filter":             {"Which entries are people.", optional(filterForm)},
		"sources.ldap.users.scope":              {"Sub: at any depth. One: directly below.", words(ldapScopes()...)},
		"sources.ldap.users.id":                 {"The attribute of the id.", nil},
		"sources.ldap.users.login":              {"The attributes that may hold the login: any that Box knows counts.", eachText(attributeForm)},
		"sources.ldap.users.name":               {"The attribute of the display name.", nil},
		"sources.ldap.users.account":            {"The attribute of the name that somebody logs in by, which memberUid lists and admins.accounts matches.", nil},
		"sources.ldap.people":                   {"Who has left, and who is no person.", nil},
		"sources.ldap.people.disabled":          {"What a disabled or expired account is.", words("leaver", "member")},
		"sources.ldap.people.leavers":           {"More ways to have left.", nil},
		"sources.ldap.people.leavers.filter":    {"Whoever this finds has left.", optional(filterForm)},
		"sources.ldap.people.leavers.ou":        {"Whoever is below this has left.", optional(dnForm)},
		"sources.ldap.people.not_people":        {"Accounts that are no people. They are left out without a word.", nil},
		"sources.ldap.people.not_people.filter": {"Whatever this finds is no person.", optional(filterForm)},
		"sources.ldap.people.not_people.dn":     {"These are no people.", eachText(dnForm)},
		"sources.ldap.people.tolerate":          {"Members that cannot be told and need not count.", eachText(words("no_login", "foreign", "out_of_scope", "dangling"))},
		"sources.ldap.nested":                   {"The members of groups that are members count.", nil},
		"sources.ldap.primary_groups":           {"People are members of their primary group, which does not list them (Active Directory's primaryGroupID; with memberUid, gidNumber).", nil},
		"sources.ldap.admins":                   {"Who is admin of a group: at most one way. Without one, roles are unstated.", atMostOne("attribute", "group", "accounts")},
		"sources.ldap.admins.attribute":         {"The attribute of a group that names its admins.", nil},
		"sources.ldap.admins.group":             {"A template of the name of the group of its admins.", optional(templateForm)},
		"sources.ldap.admins.accounts":          {"A pattern of the names of accounts that are admins where they are members.", nil},
		"sources.ldap.admins.direct_only":       {"They must be members themselves, not by way of another group.", nil},

		"target":                {"What is kept in step: Box, or the built-in emulator of it.", exactlyOne},
		"target.emulator":       {"The built-in emulator of Box, to try things out without an account.", nil},
		"target.emulator.seed":  {"The CSV file of what Box holds at first. Without it, everybody whom the sources name has an account, and there is no group.", nil},
		"target.emulator.state": {"The JSON file that keeps the state from run to run. Remove it to begin anew.", nil},

		"target.box":                          {"The real Box.", required("auth")},
		"target.box.base_url":                 {"The address of Box's API.", nil},
		"target.box.proxy":                    {"The address of a proxy, without a password. Empty: the environment variable HTTPS_PROXY says.", nil},
		"target.box.ca_file":                  {"A PEM file of certificate authorities to trust beside the system's, where a network inspects TLS.", nil},
		"target.box.auth":                     {"The credentials: exactly one kind.", exactlyOne},
		"target.box.auth.jwt":                 {"A key pair, for an app with server authentication with JWT.", required("config_file")},
		"target.box.auth.jwt.config_file":     {"The JSON file that Box's developer console gives. It holds secrets: mount it, or keep it at mode 0600.", notEmpty},
		"target.box.auth.ccg":                 {"Client credentials, for an app with server authentication. Give enterprise_id, or user_id.", clientCredentials},
		"target.box.auth.ccg.client_id":       {"The app's client id.", notEmpty},
		"target.box.auth.ccg.client_secret":   {"Where the app's client secret is.", nil},
		"target.box.auth.ccg.enterprise_id":   {"The enterprise, to act as the app's service account.", boxID},
		"target.box.auth.ccg.user_id":         {"The user to act as, instead of the service account.", boxID},
		"target.box.auth.token":               {"Where a developer token is. It lasts an hour: good for a first look.", nil},
		"target.box.as_user":                  {"The id of a user to act as. Empty: as whoever the credentials are.", boxID},
		"target.box.rate":                     {"How fast Box is asked. Box allows about 1000 requests a minute and user.", nil},
		"target.box.rate.requests_per_minute": {"Requests a minute; 0 is no limit.", atLeast("0")},
		"target.box.rate.burst":               {"How many requests may go at once after a pause.", atLeast("1")},
		"target.box.rate.concurrency":         {"How many requests may be under way at a time.", atLeast("1")},
		"target.box.retry":                    {"How often and how patiently a request is repeated.", nil},
		"target.box.retry.max_attempts":       {"Attempts in all, the first among them.", atLeast("1")},
		"target.box.retry.base":               {"The first wait, which doubles each time.", overZero},
		"target.box.retry.max_wait":           {"The longest wait, also where Box asks for a longer one.", overZero},
		"target.box.timeout":                  {"How long one request may take.", overZero},
		"target.box.max_calls":                {"How many calls a run may make; 0 is no cap. A plan that needs more is not begun.", atLeast("0")},

		"groups":         {"Which groups of the sources are kept in Box.", nil},
		"groups.include": {"Source groups, by name. Without an entry, all.", eachText(nameForm)},
		"groups.exclude": {"Source groups that are left out, by name.", eachText(nameForm)},
		"groups.create":  {"Groups that Box does not have are created.", nil},

		"groups.adopt": {"By name: a Box group of the right name that carries no identifier may be taken over, in a saved plan that somebody applies.", words("never", "by_name")},

		"groups.map_file":       {"A CSV file with the columns group and box_group: which Box group, by id or name, a source group is. It may be taken over whatever identifier it carries, in a saved plan that somebody applies.", nil},
		"groups.rename":         {"Rules for the names of groups, in order: what Box calls them.", someRules},
		"groups.rename.match":   {"A regular expression (RE2). Every match is replaced.", notEmpty},
		"groups.rename.replace": {"What takes the place of a match: $1 or ${name} for what a group matched, $$ for a dollar sign.", nil},

		"groups.settings":                          {"What every group has in Box. A setting that is empty is left as it is.", nil},
		"groups.settings.provenance":               {"Where groups come from, for people. Box then lets nobody change a group's name or members in its web app, and it cannot be cleared again.", oneLine(target.MaxText)},
		"groups.settings.invitability_level":       {"Who may invite a group to collaborate.", words(append([]string{""}, target.Levels()...)...)},
		"groups.settings.member_viewability_level": {"Who may see a group's members.", words(append([]string{""}, target.Levels()...)...)},

		"members":                                       {"Who is kept in the groups, and what may be done to them.", nil},
		"members.domains":                               {"If set: logins elsewhere are left alone, and are not unknown.", eachText(domainForm)},
		"members.protect":                               {"Logins that are never removed or demoted.", eachText(loginForm)},
		"members.ignore":                                {"Logins that are neither added, changed nor removed.", eachText(loginForm)},
		"members.remove":                                {"False: additive only, no removals and no demotions.", nil},
		"members.manage_roles":                          {"False: everybody is added as a member, and no role is changed.", nil},
		"members.removal_grace":                         {"How long somebody must have been missing from a group before they are removed. It needs run.state_dir.", nil},
		"members.admin_permissions":                     {"What the group admins that rollcall makes may do.", nil},
		"members.admin_permissions.can_run_reports":     {"They may run reports.", nil},
		"members.admin_permissions.can_instant_login":   {"They may log in as members of the group.", nil},
		"members.admin_permissions.can_create_accounts": {"They may create accounts.", nil},
		"members.admin_permissions.can_edit_accounts":   {"They may edit accounts.", nil},

		"members.rewrite":         {"Rules for logins, in order, before anything is compared: such as another mail domain.", someRules},
		"members.rewrite.match":   {"A regular expression (RE2), without regard to case. Every match is replaced.", notEmpty},
		"members.rewrite.replace": {"What takes the place of a match: $1 or ${name} for what a group matched, $$ for a dollar sign.", nil},

		"policies":                           {"What differs for some groups. Of each key, the first entry counts that means the group and says it.", somePolicies},
		"policies.match":                     {"The groups, by name.", notEmpty},
		"policies.remove":                    {"False: no removals and no demotions in these groups.", nil},
		"policies.protect":                   {"Logins that are never removed from or demoted in these groups, beside members.protect.", eachText(loginForm)},
		"policies.require_review":            {"True: what is due in these groups is made by a saved plan that somebody applies, and never by sync.", nil},
		"policies.limits":                    {"Limits that differ for these groups. Those on whole runs are said under limits alone.", nil},
		"policies.limits.removals_per_group": {"Removals from one of these groups.", nil},
		"policies.limits.adds_per_group":     {"Adds to one of these groups.", nil},
		"policies.limits.unresolved_members": {"Members of one of these groups in the source that have no login.", nil},
		"policies.limits.empty_group":        {"What happens where the source has one of these groups empty and Box has not.", words("hold", "allow")},
		"policies.limits.last_admin":         {"What happens to changes that would leave one of these groups without a group admin.", words("hold", "allow")},

		"limits":                    {"What one run may do. What is over a limit is held, and the plan says what to type to allow it once.", nil},
		"limits.removals":           {"Removals, with demotions, of the current memberships of the groups compared.", nil},
		"limits.removals_per_group": {"Removals from one group.", nil},
		"limits.adds":               {"Adds, of the current memberships of the groups compared.", nil},
		"limits.adds_per_group":     {"Adds to one group that is neither new nor empty.", nil},
		"limits.demotions":          {"Admins who become members.", nil},
		"limits.admin_grants":       {"People who become admins.", nil},
		"limits.group_creations":    {"New groups; groups that are taken over, likewise.", nil},
		"limits.group_renames":      {"Groups that get another name.", nil},
		"limits.source_shrink":      {"Groups and memberships that a source has lost since the last run; where none is remembered, groups that it has in Box and no longer names.", nil},
		"limits.unknown_logins":     {"Logins wanted that Box does not know and that were not unknown at the last run, of those wanted. Shown only, while no run is remembered.", nil},
		"limits.unresolved_members": {"Members of one group in the source that have no login, of those that it lists.", nil},
		"limits.floor":              {"So many a percentage always lets through.", nil},
		"limits.floor.run":          {"For the limits of a whole run.", atLeast("0")},
		"limits.floor.group":        {"For the limits of one group.", atLeast("0")},
		"limits.empty_group":        {"What happens where the source has a group empty and Box has not. Allow lifts removals_per_group for such a group.", words("hold", "allow")},
		"limits.last_admin":         {"What happens to changes that would leave a group without a group admin.", words("hold", "allow")},
		"limits.on_limit":           {"What a limit over the whole run holds: its kind of change, or everything.", words("hold_kind", "block")},

		"run":                {"How a run goes.", nil},
		"run.state_dir":      {"The directory of what runs remember, and of the lock that lets one write at a time. Empty: nothing is remembered.", nil},
		"run.order":          {"What is written first.", words("adds_first", "removals_first")},
		"run.plan_max_age":   {"How long a saved plan may be applied.", overZero},
		"run.require_review": {"True: sync holds everything until somebody has applied a saved plan of the whole run, at first and whenever the configuration changes what a run is about. It needs run.state_dir.", nil},
		"run.timeout":        {"How long a run may take; then it ends as after a signal. 0 is no limit.", nil},
		"run.drain":          {"After a signal: how long writes under way may take.", nil},
		"run.keep":           {"How long the directories of finished runs are kept.", nil},

		"holds":                    {"What is known of holds.", nil},
		"holds.acknowledge":        {"Holds that are known, and are no news until a time comes: they are shown, and do not end a run with exit code 7.", entriesNeed("rule", "until", "reason")},
		"holds.acknowledge.group":  {"The groups whose holds are meant, by name. Without it, every hold of the rule, also one on the whole run.", nil},
		"holds.acknowledge.rule":   {"The rule, as a plan names it.", words(ruleList()...)},
		"holds.acknowledge.until":  {"When it is over.", nil},
		"holds.acknowledge.reason": {"Why, for whoever reads of the hold.", someText},

		"pause":        {"What is left alone for a while: neither compared nor changed. Every run prints it first.", entriesNeed("until", "reason")},
		"pause.group":  {"The groups, by their name in the source or in Box. Without it, all.", nil},
		"pause.until":  {"When it is over.", nil},
		"pause.reason": {"Why, for every run to print.", someText},

		"log":        {"What is logged to standard error.", nil},
		"log.format": {"Auto: text on a terminal, JSON otherwise.", words("auto", "text", "json")},
		"log.level":  {"The least level that is logged.", words("debug", "info", "warn", "error")},
	}
}

// schemaForms are the types that read themselves from the file.
func schemaForms() map[string]*jsonschema.Schema {
	const number = `([0-9]+\.?[0-9]*|\.[0-9]+)`
	one, bound := uint64(1), &jsonschema.Schema{Ref: "#/$defs/bound"}
	return map[string]*jsonschema.Schema{
		"bound": {AnyOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: "0"},
			{Type: "string", Pattern: limitForm},
		}, Examples: []any{500, "5%"}},
		"limit": {
			Description: "N, N%, or [N%, N], of which the smaller wins. A huge N switches the limit off.",
			AnyOf:       []*jsonschema.Schema{bound, {Type: "array", Items: bound, MinItems: &one}},
		},
		"pattern": {
			Description: "A shell glob, without regard to case: *, ?, [a-z], [!a-z], and \\ before a character that is meant as it is.",
			Extras:      map[string]any{"type": []string{"string", "number"}}, Pattern: `^([^\[\\]|\\[\s\S]|\[(![^\]]+|[^!\]][^\]]*)\])*$`,
		},
		"duration": {
			Description: "A duration such as 90s, 15m, 24h or 7d.",
			AnyOf: []*jsonschema.Schema{
				{Type: "string", Pattern: `^(0|[0-9]{1,4}d|(` + number + `(ns|us|µs|ms|s|m|h))+)$`},
				{Const: 0},
			},
		},
		"until": {
			Description: "A day such as 2026-12-31, which ends at midnight UTC, or a time such as 2026-12-31T18:00:00+01:00.",
			Type:        "string", Pattern: untilForm,
		},
		"secretRef": withProperties(&jsonschema.Schema{
			Description: "Where the secret is; it is never written here.",
			Type:        "object", AdditionalProperties: jsonschema.FalseSchema, MinProperties: &one, MaxProperties: &one,
		}, map[string]*jsonschema.Schema{
			"env":  {Type: "string", Pattern: variableName.String(), Description: "The environment variable that holds it."},
			"file": {Extras: map[string]any{"type": []string{"string", "number"}}, MinLength: &one, Description: "The file that holds it. A relative path starts at the directory of this file."},
		}),
	}
}

func withProperties(s *jsonschema.Schema, properties map[string]*jsonschema.Schema) *jsonschema.Schema {
	s.Properties = jsonschema.NewProperties()
	for _, key := range slices.Sorted(maps.Keys(properties)) {
		s.Properties.Set(key, properties[key])
	}
	return s
}

func plainName(s *jsonschema.Schema) { s.Pattern, s.Minimum = namePattern.String(), "0" }

// nameForm is said of a pattern for names.
func nameForm(s *jsonschema.Schema) { s.Pattern = `^\S([\s\S]*\S)?$` }

// loginForm is said of a pattern for logins.
func loginForm(s *jsonschema.Schema) {
	nameForm(s)
	s.AllOf = []*jsonschema.Schema{{Pattern: `[@*?\[]`}}
}

func domainForm(s *jsonschema.Schema) {
	s.Pattern = `^\s*@?[^\s@*?\[\],;:/\\.]([^\s@*?\[\],;:/\\]*[^\s@*?\[\],;:/\\.])?\s*$`
}

func notEmpty(s *jsonschema.Schema) { s.MinLength = new(uint64(1)) }

func someSources(s *jsonschema.Schema) {
	s.MinItems = new(uint64(1))
	s.Items.Required = []string{"name"}
	s.Items.OneOf = []*jsonschema.Schema{{Required: []string{"csv"}}, {Required: []string{"ldap"}}}
}

func someRules(s *jsonschema.Schema) { s.Items.Required = []string{"match", "replace"} }

// somePolicies may be nothing at all.
func somePolicies(s *jsonschema.Schema) {
	s.Items.Required = []string{"match"}
	s.Type, s.Extras = "", map[string]any{"type": []string{"array", "null"}}
}

// entriesNeed is said of a list, which may have nothing in it.
func entriesNeed(keys ...string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		s.Items.Required = keys
		orNull(s, true)
	}
}

// someText is one line that is not blank.
func someText(s *jsonschema.Schema) { s.Pattern = `^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$` }

func exactlyOne(s *jsonschema.Schema) {
	s.MinProperties, s.MaxProperties = new(uint64(1)), new(uint64(1))
}

// boxID is a number that people may quote.
func boxID(s *jsonschema.Schema) {
	s.Type, s.Pattern, s.Minimum = "", `^[0-9]*$`, "0"
	s.Extras = map[string]any{"type": []string{"string", "integer"}}
}

func words(all ...string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) {
		for _, word := range all {
			s.Enum = append(s.Enum, word)
		}
	}
}

// oneLine is said of a text that Box keeps as it is.
func oneLine(characters uint64) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.MaxLength, s.Pattern = &characters, `^(\S(.*\S)?)?$` }
}

func atLeast(n json.Number) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Minimum = n }
}

// overZero is said of a duration.
func overZero(s *jsonschema.Schema) {
	s.Pattern, s.Not = `[1-9]`, &jsonschema.Schema{Const: 0}
}

func required(keys ...string) func(*jsonschema.Schema) {
	return func(s *jsonschema.Schema) { s.Required = keys }
}

// clientCredentials need one of two ids; the other may be there and empty.
func clientCredentials(s *jsonschema.Schema) {
	s.Required = []string{"client_id", "client_secret"}
	for _, key := range []string{"enterprise_id", "user_id"} {
		s.OneOf = append(s.OneOf, withProperties(&jsonschema.Schema{Required: []string{key}},
			map[string]*jsonschema.Schema{key: {Pattern: `[0-9]`}}))
	}
}
