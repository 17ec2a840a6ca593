package plan

import (
	"cmp"
	"fmt"

	"github.com/rollcall-sync/rollcall/source"
)

// Rule names what holds changes. The names of limits are also what --allow
// takes.
type Rule string

// The limits, each with its setting in the configuration.
const (
	RuleRemovals         Rule = "removals"
	RuleRemovalsPerGroup Rule = "removals_per_group"
	RuleAdds             Rule = "adds"
	RuleAddsPerGroup     Rule = "adds_per_group"
	RuleDemotions        Rule = "demotions"
	RuleAdminGrants      Rule = "admin_grants"
	RuleGroupCreations   Rule = "group_creations"
	RuleGroupRenames     Rule = "group_renames"
	RuleEmptyGroup       Rule = "empty_group"
	RuleSourceShrink     Rule = "source_shrink"

	RuleLastAdmin         Rule = "last_admin"
	RuleUnknownLogins     Rule = "unknown_logins"
	RuleUnresolvedMembers Rule = "unresolved_members"
)

// The rules that are no limits: what they hold ends when its reason does.
const (
	RulePartial             Rule = "partial"              // the source did not give the group whole
	RuleNameClash           Rule = "name_clash"           // two source groups want one name
	RuleNameTaken           Rule = "name_taken"           // a rename to a name that another group has
	RuleDuplicateIdentifier Rule = "duplicate_identifier" // two Box groups carry one identifier
	RuleTooLarge            Rule = "too_large"            // Box cannot list the group whole
	RuleSharedLogin         Rule = "shared_login"         // two people of the source are one Box user
	RuleLostGroup           Rule = "lost_group"           // the group's Box group does not carry its identifier any more
	RuleTakeover            Rule = "takeover"             // only a plan that somebody applies takes a group over
	RuleRemovalGrace        Rule = "removal_grace"        // an unexplained absence has not lasted long enough
	RulePossibleRename      Rule = "possible_rename"      // a leaver may be somebody who is wanted under another login
	RuleReusedID            Rule = "reused_id"            // a group of another name and other people has the id of an earlier one
	RuleMappedGroup         Rule = "mapped_group"         // a group is not the Box group that somebody says it is
	RuleHiddenGroups        Rule = "hidden_groups"        // Box hides groups, and one to create or take over may be among them
	RuleReview              Rule = "review"               // a person is to apply a plan first, of the group or of the whole run
	RuleOnLimit             Rule = "on_limit"             // limits.on_limit: block, and a limit was passed
)

// Hold is a set of changes that are due and are deliberately not made, with
// the rule that holds them.
type Hold struct {
	Rule Rule
	// Group is the group concerned; its zero value means the whole run, or the
	// whole of Source.
	Group  GroupRef
	Source string
	// Changes are what is held. They may be unknown (groups whose names clash are
	// not compared), and then there are none.
	Changes []Change
	// Reason says with numbers why, and Release what ends the hold.
	Reason  string
	Release string
	// Acknowledged says whether somebody expects the hold.
	Acknowledged Acknowledged
	Age          // since when it is held, as far as that is remembered
}

// Rules returns all rules, in the order in which they are explained.
func Rules() []Rule { return rules() }

// ID names the hold from run to run: its rule, and the group or source that it
// is about.
func (h *Hold) ID() string {
	switch {
	case h.Group.Identifier != "":
		return string(h.Rule) + "/" + h.Group.Identifier
	case h.Source != "":
		return string(h.Rule) + "//" + h.Source
	default:
		return string(h.Rule)
	}
}

// refusal says of one change what holds it.
func (h *Hold) refusal() string { return fmt.Sprintf("held by %s: %s", h.Rule, h.Reason) }

// Size returns how many changes the hold counts for: those it holds, and one
// where they cannot be known.
func (h *Hold) Size() int { return max(1, len(h.Changes)) }

func compareHolds(a, b Hold) int {
	return cmp.Or(compareGroups(a.Group, b.Group), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Rule, b.Rule))
}

// FindingKind says what a finding is about.
type FindingKind string

// The kinds of finding.
const (
	UnknownLogin    FindingKind = "unknown_login"    // wanted in a group, and Box has no such user
	NotOurs         FindingKind = "not_ours"         // a Box group has the name and is not ours
	NotCreated      FindingKind = "not_created"      // groups.create is off
	Orphan          FindingKind = "orphan"           // ours in Box, gone from the source
	PartialGroup    FindingKind = "partial"          // the source did not give a group whole
	HiddenGroups    FindingKind = "hidden_groups"    // Box announced more groups than it showed
	HiddenMembers   FindingKind = "hidden_members"   // Box announced more memberships than it showed
	UnnamedMember   FindingKind = "unnamed_member"   // Box shows a member without a login
	UnknownRole     FindingKind = "unknown_role"     // a membership has a role that Box does not document
	SharedLogin     FindingKind = "shared_login"     // two people of the source are one Box user
	CoAdmin         FindingKind = "co_admin"         // wanted as group admin, which Box makes of no co-admin
	EmailAlias      FindingKind = "email_alias"      // wanted under an e-mail alias of a member
	ExternalUser    FindingKind = "external_user"    // wanted in a group, and no managed user
	InactiveUser    FindingKind = "inactive_user"    // to be added, and cannot log in
	AppUser         FindingKind = "app_user"         // to be removed, and the account of an app
	UnusedAllowance FindingKind = "unused_allowance" // --allow named a group that is not in the plan
	UnusedOrphan    FindingKind = "unused_orphan"    // --empty-orphan named no orphan, or more than one

	UnusedProtection   FindingKind = "unused_protection"    // members.protect names somebody whom the run did not meet
	UnusedMapping      FindingKind = "unused_mapping"       // groups.map_file names a group that no source has
	DescriptionTooLong FindingKind = "description_too_long" // Box would not take the description
	UnresolvedMembers  FindingKind = "unresolved_members"   // the source lists members without a login
	UnknownLogins      FindingKind = "unknown_logins"       // so many unknown logins that removals would be held
	UnusedPolicy       FindingKind = "unused_policy"        // a policy means no group

	TwoAccounts    FindingKind = "two_accounts"    // somebody has two accounts, and one of them is in a group for both
	RememberedUser FindingKind = "remembered_user" // somebody is the user of earlier runs, under another login than Box has
	Undone         FindingKind = "undone"          // what an earlier run made is due again
)

// Finding is something that a reviewer must know and that is neither a change
// nor a hold.
type Finding struct {
	Kind  FindingKind
	Group GroupRef // zero where it concerns no single group
	Login source.Login
	Text  string
	// Release says what to type, where there is something to type.
	Release string
}

func compareFindings(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), compareGroups(a.Group, b.Group),
		cmp.Compare(a.Login.Key(), b.Login.Key()), cmp.Compare(a.Text, b.Text))
}
