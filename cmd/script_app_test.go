package cmd_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// app is the command of the scripts for what Box's two consoles say of the app:
//
//	app settings FILE     write the app's settings with a new key pair, as Box's console gives them
//	app forge FILE        replace the key in these settings by another one
//	app revoke FILE       delete the public key of these settings
//	app is CHANGE…        from a Box in which all is well: unauthorised, no-groups-scope, no-users-scope,
//	                      app-access-only, no-user-tokens, no-as-user, no-groups-seen, no-users-seen
//	app clock OFFSET      Box's clock is so far ahead of ours
func appCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: app settings|revoke|is|clock")
	}
	b, _ := ts.Value("box").(*boxServer)
	switch args[0] {
	case "settings":
		settings, err := b.NewAppSettings()
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), settings, 0o600))
	case "forge":
		other, err := emulator.New(emulator.Options{}).NewAppSettings()
		ts.Check(err)
		forged := strings.ReplaceAll(string(other), keyID(ts, string(other)), keyID(ts, ts.ReadFile(args[1])))
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(forged), 0o600))
	case "revoke":
		b.RevokePublicKey(keyID(ts, ts.ReadFile(args[1])))
	case "is":
		ts.Check(b.SetApp(appWith(ts, args[1:])))
	case "clock":
		offset, err := time.ParseDuration(strings.TrimPrefix(args[1], "+"))
		ts.Check(err)
		b.SetClockOffset(offset)
	default:
		ts.Fatalf("app has no command %q", args[0])
	}
}

func appWith(ts *testscript.TestScript, changes []string) emulator.AppConfig {
	app := emulator.New(emulator.Options{}).App()
	without := func(scope string) []string {
		return slices.DeleteFunc(slices.Clone(app.Scopes), func(s string) bool { return s == scope })
	}
	for _, change := range changes {
		switch change {
		case "unauthorised":
			app.Authorised = false
		case "no-groups-scope":
			app.Scopes = without(emulator.ScopeGroups)
		case "no-users-scope":
			app.Scopes = without(emulator.ScopeUsers)
		case "app-access-only":
			app.AccessLevel = emulator.AccessApp
		case "no-user-tokens":
			app.UserTokens = false
		case "no-as-user":
			app.AsUser = false
		case "no-groups-seen":
			app.SeesNoGroups = true
		case "no-users-seen":
			app.SeesNoUsers = true
		default:
			ts.Fatalf("app is not %q", change)
		}
	}
	return app
}

func keyID(ts *testscript.TestScript, settings string) string {
	var s struct {
		BoxAppSettings struct {
			AppAuth struct{ PublicKeyID string }
		}
	}
	ts.Check(json.Unmarshal([]byte(settings), &s))
	return s.BoxAppSettings.AppAuth.PublicKeyID
}
