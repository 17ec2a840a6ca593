package boxapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ParseJWTConfig reads the JSON file that Box's developer console gives for an
// app with server authentication by JWT, its private key in any form that
// [ParsePrivateKey] knows. The subject is the enterprise, or the user where a
// userID is added. Keys that are not needed are ignored. Errors name the key of
// the file and what to do, and hold no secret.
func ParseJWTConfig(data []byte) (JWT, error) {
	root, err := decodeConfig(data)
	if err != nil {
		return JWT{}, err
	}
	app, ok := root.object("boxAppSettings")
	if !ok {
		root.unless("boxAppSettings", "missing: want the JSON file that Box's developer console gives for an app with JWT", 0)
		return JWT{}, errors.Join(*root.faults...)
	}
	jwt := JWT{
		ClientID:     app.required("clientID"),
		ClientSecret: NewSecret(app.required("clientSecret")),
		SubjectType:  SubjectEnterprise,
	}
	known := len(*root.faults)
	if jwt.SubjectID = root.id("userID"); jwt.SubjectID != "" {
		jwt.SubjectType = SubjectUser
	} else if jwt.SubjectID = root.id("enterpriseID"); jwt.SubjectID == "" {
		root.unless("enterpriseID", "missing: the Admin Console shows it under Account & Billing", known)
	}
	app.readKey(&jwt)
	if err := errors.Join(*root.faults...); err != nil {
		return JWT{}, err
	}
	return jwt, nil
}

// readKey reads the part that an app without a key pair lacks or leaves empty.
func (s section) readKey(jwt *JWT) {
	known := len(*s.faults)
	auth, _ := s.object("appAuth")
	if !slices.ContainsFunc(slices.Collect(maps.Values(auth.fields)), func(raw json.RawMessage) bool { return scalar(raw) != "" }) {
		s.unless("appAuth", "missing or empty: the app has no key pair; generate one on its Configuration page in Box's developer console, "+
			"or, if it authenticates with client credentials, do without this file", known)
		return
	}
	jwt.KeyID = auth.required("publicKeyID")
	text := auth.required("privateKey")
	if text == "" {
		return
	}
	var err error
	jwt.Key, err = parseKey([]byte(text), auth.text("passphrase"))
	switch {
	case errors.Is(err, errNoPassphrase), errors.Is(err, errWrongPassphrase):
		auth.fault("passphrase", err.Error())
	case err != nil:
		auth.fault("privateKey", err.Error())
	}
}

// section is an object of the file. All sections share their faults.
type section struct {
	path   string
	fields map[string]json.RawMessage
	faults *[]error
}

// decodeConfig looks at what is no JSON before the decoder does, whose errors
// quote what they meet.
func decodeConfig(data []byte) (section, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	text := bytes.TrimSpace(data)
	root := section{faults: new([]error)}
	switch err := json.Unmarshal(data, &root.fields); {
	case len(text) == 0:
		return section{}, errors.New("empty: want the JSON file that Box's developer console gives for an app with JWT")
	case bytes.ContainsRune(text[:min(len(text), 4)], 0) || bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")):
		return section{}, errors.New("this is UTF-16: save it as UTF-8")
	case text[0] == '<':
		return section{}, errors.New("this is HTML, not JSON: download the file again from Box's developer console")
	case bytes.HasPrefix(text, []byte("-----BEGIN")):
		return section{}, errors.New("this is a key or certificate alone: want the JSON file that holds it")
	case err != nil:
		return section{}, notConfig(data, err)
	case root.fields == nil:
		return section{}, errors.New("want a JSON object")
	}
	return root, nil
}

// notConfig says where the JSON ends to be one.
func notConfig(data []byte, err error) error {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return errors.New("want a JSON object")
	}
	if strings.HasPrefix(syntax.Error(), "unexpected end") {
		return fmt.Errorf("the JSON breaks off after %d bytes: copy or download the file again", len(data))
	}
	before := data[:min(max(int(syntax.Offset), 0), len(data))]
	return fmt.Errorf("line %d: this is not JSON; a line break inside the private key must be written \\n", 1+bytes.Count(before, []byte("\n")))
}

func (s section) fault(name, what string) {
	*s.faults = append(*s.faults, errors.New(s.path+name+": "+what))
}

// unless adds a fault if none has come to those that were known.
func (s section) unless(name, what string, known int) {
	if len(*s.faults) == known {
		s.fault(name, what)
	}
}

func (s section) object(name string) (section, bool) {
	inside := section{path: s.path + name + ".", faults: s.faults}
	raw, ok := s.fields[name]
	if ok && json.Unmarshal(raw, &inside.fields) != nil {
		s.fault(name, "want an object")
	}
	return inside, inside.fields != nil
}

// text returns a string or number of the file, and "" if it is absent or null.
func (s section) text(name string) string {
	raw := s.fields[name]
	text := scalar(raw)
	if text == "" && len(raw) > 0 && string(raw) != "null" && string(raw) != `""` {
		s.fault(name, "want a string")
	}
	return text
}

func (s section) required(name string) string {
	known := len(*s.faults)
	text := strings.TrimSpace(s.text(name))
	if text == "" {
		s.unless(name, "missing", known)
	}
	return text
}

func (s section) id(name string) string {
	text := s.text(name)
	if _, err := ParseID(text); text != "" && err != nil {
		s.fault(name, "want a numeric id")
	}
	return text
}
