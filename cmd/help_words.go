package cmd

// planWord is a word that plans, runs and reports use, and what it means.
type planWord struct {
	word    string
	meaning string
	next    string // what to do about it, if anything
}

// The lists below are the help page reading-a-plan. A test compares their words with
// those that docs/schemas/plan.schema.json allows in a plan.

func changeWords() []planWord {
	return []planWord{
		{"create_group", "a new group, with the identifier by which rollcall knows it again", ""},
		{"adopt_group", "a group of that name that nobody manages becomes ours", "only apply makes it; see takeover"},
		{"rekey_group", "a group of ours gets the identifier of another source or key", "only apply makes it; see takeover"},
		{"rename_group", "a group of ours gets the name that it has in the source", ""},
		{"update_group", "a group's description or settings", ""},
		{"add", "somebody comes into a group", ""},
		{"set_role", "a member becomes a group admin, or an admin a member (a demotion)", ""},
		{"remove", "somebody leaves a group", ""},
	}
}

func causeWords() []planWord {
	return []planWord{
		{"joined", "the source lists them, and Box does not", ""},
		{"moved", "the same plan removes them elsewhere, or adds them elsewhere", ""},
		{"unexplained", "the source no longer lists them, and nothing says why", "read these first"},
		{"role", "the source states another role", ""},
		{"asked", "somebody asked for it on the command line", ""},
		{"source", "the source or the configuration has the group so", ""},
		{"left", "the source says that they have left: the account is disabled or has expired", "nothing waits for them but limits"},
	}
}

func ruleWords() []planWord {
	return []planWord{
		{"removals", "more removals and demotions in the whole run than the limit", ""},
		{"removals_per_group", "more removals and demotions in one group than the limit", ""},
		{"adds", "more adds in the whole run than the limit", ""},
		{"adds_per_group", "more adds to one group than the limit; not for new and empty groups", ""},
		{"demotions", "more admins would become members than the limit", ""},
		{"admin_grants", "more people would become group admins than the limit", ""},
		{"group_creations", "more new groups than the limit", ""},
		{"group_renames", "more new names than the limit", ""},
		{"empty_group", "Box would keep nobody in the group: the source has it empty, or Box knows none of its logins", "if it is to be emptied: --allow empty_group:GROUP=allow"},
		{
			"source_shrink", "a source has lost many groups or memberships: the file may be old, or cut off",
			"look at the file; if it is right: --allow source_shrink:SOURCE=N",
		},
		{
			"last_admin", "the group would be left without a group admin",
			"name another in the source; if it is to be so: --allow last_admin:GROUP=allow",
		},
		{
			"unknown_logins", "many logins are unknown to Box that the last run knew: a new mail domain looks like that",
			"look at the findings unknown_login; if they are right: --allow unknown_logins=N",
		},
		{"unresolved_members", "many of the group's members in the source have no login, so that nobody is removed", "correct the source"},
		{"review", "somebody wants to see what is due before it is made", "plan -o FILE, look at it, then apply FILE"},
		{"partial", "the source did not give the group whole, so that nobody is removed from it", "correct what the finding partial names"},
		{"name_clash", "two groups of the sources want one name", "rename one of them in the source or by groups.map_file, or drop it from one of the sources"},
		{"name_taken", "another group in Box has the name already", "rename that one in Box, or this one in the source"},
		{
			"duplicate_identifier", "two groups in Box carry one identifier of ours: one may be a copy",
			"clear external_sync_identifier on all but one of them",
		},
		{"too_large", "Box cannot list the group to its end, so that nobody is added: they may be in it", "split the group"},
		{"shared_login", "two people of the source are one user in Box", "give one of them another login in the source"},
		{
			"lost_group", "the group's Box group does not carry its identifier any more, so that nothing is done in either",
			"put the row that the hold shows into groups.map_file, or exclude the group",
		},
		{"takeover", "a group in Box would become ours, which sync never does on its own", "plan -o FILE, look at it, then apply FILE"},
		{"removal_grace", "somebody is missing, and not for as long as members.removal_grace asks", "wait, or correct the source"},
		{
			"possible_rename", "who would be removed, or a group to be created, may only have another login or name now",
			"have the source and Box say the same; if it is another: --allow possible_rename:GROUP=allow",
		},
		{
			"reused_id", "a group has the id of an earlier one in Box, another name and other people: it may be another group",
			"give it an id of its own in the source; if it is the same: --allow reused_id:GROUP=allow",
		},
		{
			"mapped_group", "a Box group that the map file or the source names is not there, or is wanted twice",
			"correct groups.map_file, or the column box_id",
		},
		{
			"hidden_groups", "Box hides groups, and one to create or take over may be among them",
			"let the app see all groups: App + Enterprise Access, and the scope Manage groups",
		},
		{"on_limit", "another limit was passed, and limits.on_limit is block", "what releases the other holds releases this one"},
	}
}

func findingWords() []planWord {
	return []planWord{
		{"unknown_login", "wanted in a group, and no user in Box has this login", "create the user, or correct the login in the source"},
		{"not_ours", "a Box group has the name and carries no identifier of ours", "rename one, or take it over: groups.adopt: by_name"},
		{"not_created", "the group is not in Box, and groups.create is off", "create it in Box, or switch groups.create on"},
		{"orphan", "ours in Box and gone from the source; it is left alone", "if it is to be emptied: --empty-orphan NAME"},
		{"partial", "what was wrong with the group in the source", "correct the source"},
		{"hidden_groups", "Box announced more groups than it showed", "let the app see all groups"},
		{"hidden_members", "Box announced more memberships than it showed; nobody hidden is removed", "let the app see all users"},
		{"unnamed_member", "Box shows a member without a login; they are left alone", ""},
		{"unknown_role", "a membership has a role that Box does not document; it is left alone", ""},
		{"shared_login", "two people of the source are one user in Box", "give one of them another login in the source"},
		{"co_admin", "wanted as group admin, which a co-admin of the enterprise cannot be", "take the role out of the source, or the co-admin out of Box"},
		{"email_alias", "wanted under an e-mail alias of somebody who is in the group", "have the source say the primary login"},
		{"external_user", "wanted in a group, and no managed user of the enterprise", ""},
		{"inactive_user", "to be added, and cannot log in at present", ""},
		{"app_user", "to be removed, and the account of an app", "put it into members.protect if the app needs it"},
		{"unused_allowance", "--allow names a group or a source that this run does not concern", "compare its spelling"},
		{"unused_orphan", "--empty-orphan names no orphan, or more than one", "compare its spelling"},
		{"unresolved_members", "members of the group in the source that have no login", "give them one in the source"},
		{"unknown_logins", "so many logins became unknown to Box that removals would be held", "look at the findings unknown_login"},
		{
			"two_accounts", "somebody has two accounts in Box, and is in a group by one of them",
			"keep one, and take the other out of its groups, or out of Box",
		},
		{"remembered_user", "Box knows none of somebody's logins, and earlier runs knew who they are", "make the source and Box say the same login"},
		{"unused_protection", "members.protect names somebody whom no source and no group in Box has", "compare the spelling"},
		{"unused_policy", "a policy means no group", "compare the spelling of its match"},
		{"unused_mapping", "groups.map_file names a group that no source has", "compare its spelling, or take the row out"},
		{"undone", "what an earlier run made is due again: somebody or something undoes it", "find out who does; meanwhile: rollcall pause -c FILE --group NAME"},
		{"description_too_long", "Box would not take the description; the one in Box stays", "shorten it in the source"},
	}
}

func outcomeWords() []planWord {
	return []planWord{
		{"applied", "made by this run", ""},
		{"already", "so before this run came to it", ""},
		{"skipped", "no longer wanted, or not as the plan expected; it says what was found", "make a new plan"},
		{"failed", "not made; it says why", "correct that, and run again"},
		{"not_attempted", "the run ended before", "run again"},
	}
}
