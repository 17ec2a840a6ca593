package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/rollcall-sync/rollcall/state"
	"github.com/rollcall-sync/rollcall/target/box/emulator"
)

// writeAppSettings writes the settings of an app with a key pair, as Box's
// console gives them. They hold good until the emulator ends, so that a file of
// an earlier one is replaced; any other is not.
func (o *emulatorOptions) writeAppSettings(server *emulator.Server) error {
	if o.appSettings == "" {
		return nil
	}
	if err := ofAnEmulator(o.appSettings); err != nil {
		return err
	}
	settings, err := server.NewAppSettings()
	if err != nil {
		return err
	}
	return state.WriteFile(o.appSettings, func(w io.Writer) error {
		_, err := w.Write(settings)
		return err
	})
}

// ofAnEmulator refuses a file that is there and that no emulator wrote.
func ofAnEmulator(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var app struct {
		BoxAppSettings struct {
			ClientID string `json:"clientID"`
		} `json:"boxAppSettings"`
	}
	if json.Unmarshal(text, &app) != nil || app.BoxAppSettings.ClientID != emulatorClientID {
		return fmt.Errorf("%s is there and is not of an emulator; name another file", path)
	}
	return nil
}
