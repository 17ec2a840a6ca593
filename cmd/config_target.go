package cmd

import (
	"fmt"
	"net/url"
	"time"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

type targetConfig struct {
	Box      *boxConfig      `yaml:"box"`
	Emulator *emulatorConfig `yaml:"emulator"`
}

type boxConfig struct {
	BaseURL  string      `yaml:"base_url"`
	Proxy    string      `yaml:"proxy"`
	CAFile   string      `yaml:"ca_file"`
	Auth     authConfig  `yaml:"auth"`
	AsUser   string      `yaml:"as_user"`
	Rate     rateConfig  `yaml:"rate"`
	Retry    retryConfig `yaml:"retry"`
	Timeout  duration    `yaml:"timeout"`
	MaxCalls int64       `yaml:"max_calls"`
}

type authConfig struct {
	JWT   *jwtConfig `yaml:"jwt"`
	CCG   *ccgConfig `yaml:"ccg"`
	Token *secretRef `yaml:"token"`
}

type jwtConfig struct {
	ConfigFile string `yaml:"config_file"`
}

type ccgConfig struct {
	ClientID     string    `yaml:"client_id"`
	ClientSecret secretRef `yaml:"client_secret"`
	EnterpriseID string    `yaml:"enterprise_id"`
	UserID       string    `yaml:"user_id"`
}

type rateConfig struct {
	RequestsPerMinute int `yaml:"requests_per_minute"`
	Burst             int `yaml:"burst"`
	Concurrency       int `yaml:"concurrency"`
}

type retryConfig struct {
	MaxAttempts int      `yaml:"max_attempts"`
	Base        duration `yaml:"base"`
	MaxWait     duration `yaml:"max_wait"`
}

type emulatorConfig struct {
	Seed  string `yaml:"seed"`
	State string `yaml:"state"`
}

// files returns the keys that name files beside the sources, and the files.
func (c *config) files() [][2]string {
	files, t := [][2]string{{"groups.map_file", c.Groups.MapFile}}, c.Target
	if t.Emulator != nil {
		files = append(files, [2]string{"target.emulator.seed", t.Emulator.Seed}, [2]string{"target.emulator.state", t.Emulator.State})
	}
	if t.Box != nil {
		files = append(files, [2]string{"target.box.ca_file", t.Box.CAFile})
		if t.Box.Auth.JWT != nil {
			files = append(files, [2]string{"target.box.auth.jwt.config_file", t.Box.Auth.JWT.ConfigFile})
		}
		if t.Box.Auth.CCG != nil {
			files = append(files, [2]string{"target.box.auth.ccg.client_secret", t.Box.Auth.CCG.ClientSecret.file})
		}
		if t.Box.Auth.Token != nil {
			files = append(files, [2]string{"target.box.auth.token", t.Box.Auth.Token.file})
		}
	}
	return files
}

// defaultBox is what target.box means where it says nothing.
func defaultBox() boxConfig {
	return boxConfig{
		BaseURL: "https://api.box.com",
		Rate:    rateConfig{RequestsPerMinute: 900, Burst: 10, Concurrency: 8},
		Retry:   retryConfig{MaxAttempts: 6, Base: duration{time.Second}, MaxWait: duration{2 * time.Minute}},
		Timeout: duration{30 * time.Second},
	}
}

func (b *boxConfig) setDefaults() { *b = defaultBox() }

func (c *config) targetProblems(bad func(string, ...any), atLeast func(n, least int, key ...any)) {
	box := c.Target.Box
	switch {
	case box == nil && c.Target.Emulator == nil:
		bad("no target; give target.box, or target.emulator to try things out", "target")
	case box != nil && c.Target.Emulator != nil:
		bad("two targets; keep target.box or target.emulator", "target")
	}
	if box == nil {
		return
	}
	box.authProblems(bad)
	box.networkProblems(bad)
	id := func(text string, key ...any) {
		_, err := boxapi.ParseID(text)
		switch {
		case text == "" || err == nil:
		case secretive(key):
			bad(dotted(key)+" is no number, as Box's ids are; it is not shown, as it may be a secret", key...)
		default:
			bad(fmt.Sprintf("%s is %q; Box's ids are numbers", dotted(key), text), key...)
		}
	}
	id(box.AsUser, "target", "box", "as_user")
	if ccg := box.Auth.CCG; ccg != nil {
		id(ccg.EnterpriseID, "target", "box", "auth", "ccg", "enterprise_id")
		id(ccg.UserID, "target", "box", "auth", "ccg", "user_id")
	}
	atLeast(box.Rate.RequestsPerMinute, 0, "target", "box", "rate", "requests_per_minute")
	atLeast(box.Rate.Burst, 1, "target", "box", "rate", "burst")
	atLeast(box.Rate.Concurrency, 1, "target", "box", "rate", "concurrency")
	atLeast(box.Retry.MaxAttempts, 1, "target", "box", "retry", "max_attempts")
	switch {
	case box.Retry.Base.Duration <= 0:
		bad("target.box.retry.base must be over 0", "target", "box", "retry", "base")
	case box.Retry.MaxWait.Duration < box.Retry.Base.Duration:
		bad("target.box.retry.max_wait must be at least as long as base", "target", "box", "retry", "max_wait")
	}
	if box.Timeout.Duration <= 0 {
		bad("target.box.timeout must be over 0", "target", "box", "timeout")
	}
	if box.MaxCalls < 0 {
		bad("target.box.max_calls must be 0 (no cap) or more", "target", "box", "max_calls")
	}
}

// authProblems checks that the credentials are of exactly one kind, and whole.
func (b *boxConfig) authProblems(bad func(string, ...any)) {
	kinds := 0
	for _, given := range []bool{b.Auth.JWT != nil, b.Auth.CCG != nil, b.Auth.Token != nil} {
		if given {
			kinds++
		}
	}
	switch ccg := b.Auth.CCG; {
	case kinds != 1:
		bad("target.box.auth needs exactly one of jwt, ccg and token", "target", "box", "auth")
	case b.Auth.JWT != nil && b.Auth.JWT.ConfigFile == "":
		bad("jwt needs config_file: the JSON file that Box's developer console gives", "target", "box", "auth", "jwt")
	case ccg != nil && (ccg.EnterpriseID == "") == (ccg.UserID == ""):
		bad("ccg needs exactly one of enterprise_id and user_id", "target", "box", "auth", "ccg")
	case ccg != nil && (ccg.ClientID == "" || ccg.ClientSecret.empty()):
		bad("ccg needs client_id and client_secret", "target", "box", "auth", "ccg")
	}
}

// networkProblems checks the way to Box. A proxy's password is a secret, which
// this file does not hold.
func (b *boxConfig) networkProblems(bad func(string, ...any)) {
	if _, err := boxapi.New(boxapi.Config{BaseURL: b.BaseURL, Auth: boxapi.DeveloperToken("none")}); err != nil {
		bad(inOurWords(err).Error(), "target", "box", "base_url")
	}
	if b.Proxy == "" {
		return
	}
	u, err := url.Parse(b.Proxy)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https":
		bad("target.box.proxy is no address such as http://proxy.example:3128", "target", "box", "proxy")
	case u.User != nil:
		bad("target.box.proxy holds a user or password: set the environment variable HTTPS_PROXY to it instead", "target", "box", "proxy")
	}
}
