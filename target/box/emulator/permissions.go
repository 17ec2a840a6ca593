package emulator

import (
	"encoding/json"
	"fmt"
)

// permissions are what a group admin may do besides managing the group: one
// bit for each key of configurable_permissions.
type permissions uint8

const (
	canRunReports permissions = 1 << iota
	canInstantLogin
	canCreateAccounts
	canEditAccounts

	allPermissions = canRunReports | canInstantLogin | canCreateAccounts | canEditAccounts
)

func permissionBit(key string) (permissions, bool) {
	switch key {
	case "can_run_reports":
		return canRunReports, true
	case "can_instant_login":
		return canInstantLogin, true
	case "can_create_accounts":
		return canCreateAccounts, true
	case "can_edit_accounts":
		return canEditAccounts, true
	}
	return 0, false
}

func (p permissions) object() map[string]bool {
	return map[string]bool{
		"can_run_reports":     p&canRunReports != 0,
		"can_instant_login":   p&canInstantLogin != 0,
		"can_create_accounts": p&canCreateAccounts != 0,
		"can_edit_accounts":   p&canEditAccounts != 0,
	}
}

// parsePermissions reads configurable_permissions in its three states: absent
// gives the fallback, null switches everything off, and an object sets the keys
// it has and switches all others on.
func parsePermissions(raw json.RawMessage, fallback permissions) (permissions, error) {
	switch string(raw) {
	case "":
		return fallback, nil
	case "null":
		return 0, nil
	}
	var given map[string]bool
	if err := json.Unmarshal(raw, &given); err != nil {
		return 0, fmt.Errorf("configurable_permissions must be null or an object of booleans: %w", err)
	}
	p := allPermissions
	for key, on := range given {
		bit, known := permissionBit(key)
		if !known {
			return 0, fmt.Errorf("configurable_permissions has the unknown key %q", key)
		}
		if !on {
			p &^= bit
		}
	}
	return p, nil
}
