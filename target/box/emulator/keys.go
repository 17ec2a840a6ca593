package emulator

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// keyring holds the public keys of the app, and what of the assertions that
// they signed may not come again.
type keyring struct {
	mu      *sync.Mutex
	keys    map[string]*rsa.PublicKey // by id; nil for a key that was revoked
	usedJTI map[string]bool
}

func newKeyring() keyring {
	return keyring{mu: new(sync.Mutex), keys: map[string]*rsa.PublicKey{}, usedJTI: map[string]bool{}}
}

// AddPublicKey registers a key of the app, as Box's console does. Assertions
// name it by its id.
func (s *Server) AddPublicKey(id string, key *rsa.PublicKey) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.keys[id] = key
}

// RevokePublicKey makes assertions that name this key invalid. Tokens granted
// for them before stay good.
func (s *Server) RevokePublicKey(id string) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	s.keys.keys[id] = nil
}

// any says whether the app has ever had a key: else it is no JWT app.
func (k *keyring) any() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.keys) > 0
}

// key is nil for an id that is unknown or revoked.
func (k *keyring) key(id string) *rsa.PublicKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys[id]
}

// only is the id of the one key that the app has ever had, or empty.
func (k *keyring) only() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) != 1 {
		return ""
	}
	return slices.Collect(maps.Keys(k.keys))[0]
}

// spend says whether the jti is new, and makes it old.
func (k *keyring) spend(jti string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.usedJTI[jti] {
		return false
	}
	k.usedJTI[jti] = true
	return true
}

// appSettings is the file that Box's console hands out.
type appSettings struct {
	Settings struct {
		ClientID     string `json:"clientID"`
		ClientSecret string `json:"clientSecret"`
		Auth         struct {
			PublicKeyID string `json:"publicKeyID"`
			PrivateKey  string `json:"privateKey"`
			Passphrase  string `json:"passphrase"`
		} `json:"appAuth"`
	} `json:"boxAppSettings"`
	EnterpriseID string `json:"enterpriseID"`
}

// NewAppSettings makes and registers a pair of keys and returns, as JSON, the
// configuration file that Box's console gives for it. Unlike the console it
// leaves the private key unencrypted: PKCS#8, and an empty passphrase.
func (s *Server) NewAppSettings() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a key of the app: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key of the app: %w", err)
	}
	var file appSettings
	file.EnterpriseID = s.opts.EnterpriseID
	file.Settings.ClientID, file.Settings.ClientSecret = s.opts.ClientID, s.opts.ClientSecret
	file.Settings.Auth.PublicKeyID = strings.ToLower(rand.Text()[:8])
	file.Settings.Auth.PrivateKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the settings of the app: %w", err)
	}
	s.AddPublicKey(file.Settings.Auth.PublicKeyID, &key.PublicKey)
	return append(b, '\n'), nil
}
