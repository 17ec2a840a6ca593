package cmd

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// newClient makes the client of a run. Its secrets are read here, for the first
// time and only then.
func newClient(c *config, env *Env, b *boxConfig, log *slog.Logger) (*boxapi.Client, error) {
	auth, err := newAuth(c, env, b, log)
	if err != nil {
		return nil, err
	}
	transport, err := newTransport(c, env, b)
	if err != nil {
		return nil, err
	}
	api, err := boxapi.New(boxapi.Config{
		BaseURL: b.BaseURL, Transport: transport, Auth: auth, AsUser: b.AsUser,
		RequestsPerMinute: b.Rate.RequestsPerMinute, Burst: b.Rate.Burst,
		Retry:   boxapi.Retry{MaxAttempts: b.Retry.MaxAttempts, Base: b.Retry.Base.Duration, MaxWait: b.Retry.MaxWait.Duration},
		Timeout: b.Timeout.Duration, MaxCalls: b.MaxCalls, UserAgent: userAgent(), Logger: log,
	})
	return api, c.placed(err)
}

// placed says where in the file the client's complaints of its own fields come
// from.
func (c *config) placed(err error) error {
	if err == nil {
		return nil
	}
	places := map[string][]any{
		"BaseURL:": {"target", "box", "base_url"}, "Auth:": {"target", "box", "auth"}, "AsUser:": {"target", "box", "as_user"},
		"ProxyURL:": {"target", "box", "proxy"}, "RootCAs:": {"target", "box", "ca_file"},
	}
	var all []error
	for _, one := range problemsOf(err) {
		field, _, _ := strings.Cut(one.Error(), " ")
		if key, known := places[field]; known {
			one = &problem{c.file, c.line(key...), inOurWords(one).Error()}
		}
		all = append(all, one)
	}
	return errors.Join(all...)
}

// inOurWords names the keys of the configuration where the client names its own
// fields.
func inOurWords(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.NewReplacer(
		"BaseURL:", "target.box.base_url:", "Auth:", "target.box.auth:", "AsUser:", "target.box.as_user:",
		"ProxyURL:", "target.box.proxy:", "RootCAs:", "target.box.ca_file:",
	).Replace(err.Error()))
}

// newTransport returns nil, the client's own, unless the configuration names a
// way through the network.
func newTransport(c *config, env *Env, b *boxConfig) (http.RoundTripper, error) {
	if b.Proxy == "" {
		if err := proxyProblem(env); err != nil {
			return nil, err
		}
	}
	if b.Proxy == "" && b.CAFile == "" {
		return nil, nil
	}
	o := boxapi.TransportOptions{ProxyURL: b.Proxy}
	if b.CAFile != "" {
		authorities, err := os.ReadFile(c.path(b.CAFile))
		if err != nil {
			return nil, fmt.Errorf("%s: read target.box.ca_file: %w", c.at("target", "box", "ca_file"), err)
		}
		o.RootCAs = authorities
	}
	transport, err := boxapi.NewTransport(o)
	return transport, c.placed(err)
}

// proxyProblem is about the proxy that the environment names: net/http passes
// over one that it cannot read, without a word, and goes to Box directly.
func proxyProblem(env *Env) error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		address, _ := env.LookupEnv(name)
		if address == "" {
			continue
		}
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		if u, err := url.Parse(address); err != nil || u.Hostname() == "" {
			return fmt.Errorf("the environment variable %s is no address such as http://proxy.example:3128; it is not shown, as it may hold a password", name)
		}
	}
	return nil
}

func newAuth(c *config, env *Env, b *boxConfig, log *slog.Logger) (boxapi.Auth, error) {
	switch {
	case c.Target.Emulator != nil:
		return boxapi.DeveloperToken(emulatorToken), nil
	case b.Auth.JWT != nil:
		return newJWT(c, b.Auth.JWT.ConfigFile, log)
	case b.Auth.Token != nil:
		token, err := b.Auth.Token.read(c, env, log, "target", "box", "auth", "token")
		return boxapi.DeveloperToken(token.Reveal()), err
	case b.Auth.CCG != nil:
		clientSecret, err := b.Auth.CCG.ClientSecret.read(c, env, log, "target", "box", "auth", "ccg", "client_secret")
		if err != nil {
			return nil, err
		}
		ccg := boxapi.ClientCredentials{
			ClientID: b.Auth.CCG.ClientID, ClientSecret: clientSecret,
			SubjectType: boxapi.SubjectEnterprise, SubjectID: b.Auth.CCG.EnterpriseID,
		}
		if b.Auth.CCG.UserID != "" {
			ccg.SubjectType, ccg.SubjectID = boxapi.SubjectUser, b.Auth.CCG.UserID
		}
		return ccg, nil
	default:
		return nil, errors.New("no credentials")
	}
}

// newJWT reads the file that Box's developer console gives.
func newJWT(c *config, file string, log *slog.Logger) (boxapi.Auth, error) {
	path := c.path(file)
	text, info, err := readBounded(path, maxConfig)
	if err != nil {
		return nil, fmt.Errorf("%s: target.box.auth.jwt.config_file: %w", c.at("target", "box", "auth", "jwt", "config_file"), unshown(path, filepath.IsAbs(file), err))
	}
	warnOfReaders(info, path, log)
	jwt, err := boxapi.ParseJWTConfig(text)
	if err != nil {
		return nil, fmt.Errorf("read the app's settings in %s: %w", path, err)
	}
	return jwt, nil
}

// boxHint says what to do about a failure of Box's: what the client knows of it, in
// the words of the configuration, or else where to look.
func boxHint(err error) string {
	e, ok := errors.AsType[*boxapi.Error](err)
	if !ok {
		return ""
	}
	if advice := e.Advice(); advice != "" {
		return strings.NewReplacer(
			"pass the authority's certificate as TransportOptions.RootCAs", "name a file with the authority's certificate in target.box.ca_file",
			"put them into its address, as in http", "set HTTPS_PROXY to its address with both, as in http",
		).Replace(advice)
	}
	switch e.Kind() {
	case boxapi.NotFound:
		if e.Path == "/users/me" { // which every Box has
			return "what answers there is not Box's API: check target.box.base_url"
		}
		return ""
	case boxapi.Unauthorized:
		return "check target.box.auth, and that the app is authorised in Box's Admin Console"
	case boxapi.Forbidden:
		return "the app needs App + Enterprise Access and the scopes Manage users and Manage groups, and to be authorised again after a change"
	case boxapi.RateLimited:
		return "Box wants fewer requests: lower target.box.rate.requests_per_minute, and see what else uses the same account"
	case boxapi.Server:
		return "Box, or what stands before it, is out of order: try again later"
	case boxapi.Network:
		return "check target.box.base_url, and that this machine can reach it"
	default:
		return ""
	}
}
