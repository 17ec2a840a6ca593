package plan

import (
	"fmt"
	"strings"

	"github.com/rollcall-sync/rollcall/target"
)

// The words below are those that a plan file may hold. Whatever is not among
// them is refused, so that an older program never guesses at what a newer one
// meant.

func kinds() []Kind {
	return []Kind{CreateGroup, AdoptGroup, RekeyGroup, RenameGroup, UpdateGroup, Add, SetRole, Remove}
}

func causes() []Cause {
	return []Cause{Joined, Moved, Unexplained, RoleChanged, Asked, Wanted, Left}
}

// roles begin with none: a change to a group has no role.
func roles() []target.Role {
	return []target.Role{0, target.RoleMember, target.RoleAdmin, target.RoleOther}
}

func rules() []Rule {
	return []Rule{
		RuleRemovals, RuleRemovalsPerGroup, RuleAdds, RuleAddsPerGroup, RuleDemotions, RuleAdminGrants,
		RuleGroupCreations, RuleGroupRenames, RuleEmptyGroup, RuleSourceShrink,
		RuleLastAdmin, RuleUnknownLogins, RuleUnresolvedMembers,
		RulePartial, RuleNameClash, RuleNameTaken, RuleDuplicateIdentifier, RuleTooLarge, RuleSharedLogin,
		RuleLostGroup, RuleTakeover, RuleRemovalGrace, RulePossibleRename, RuleReusedID, RuleMappedGroup, RuleHiddenGroups, RuleReview, RuleOnLimit,
	}
}

func findingKinds() []FindingKind {
	return []FindingKind{
		UnknownLogin, NotOurs, NotCreated, Orphan, PartialGroup, HiddenGroups, HiddenMembers,
		UnnamedMember, UnknownRole, SharedLogin, UnusedAllowance, UnusedOrphan,
		CoAdmin, EmailAlias, ExternalUser, InactiveUser, AppUser, DescriptionTooLong,
		UnresolvedMembers, UnknownLogins, UnusedPolicy, UnusedMapping, UnusedProtection,
		TwoAccounts, RememberedUser,
		Undone,
	}
}

// roleWord is the role's word in a file, where no role is no word.
func roleWord(r target.Role) string {
	if r == 0 {
		return ""
	}
	return r.String()
}

// parseWord finds the value whose word is s.
func parseWord[T any](what, s string, all []T, word func(T) string) (T, error) {
	for _, v := range all {
		if word(v) == s {
			return v, nil
		}
	}
	var can []string
	for _, v := range all {
		if w := word(v); w != "" {
			can = append(can, w)
		}
	}
	var none T
	return none, fmt.Errorf("unknown %s %q; it can be %s", what, s, strings.Join(can, ", "))
}

func ruleWord(r Rule) string               { return string(r) }
func findingKindWord(k FindingKind) string { return string(k) }
