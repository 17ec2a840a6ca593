package boxapi

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"
)

const (
	leastKeyBits  = 2048    // what Box's guides have people make
	mostKeyRounds = 5000000 // of key derivation, some seconds; 2048 is usual
	convertKey    = "openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD.pem -out NEW.pem"
)

var (
	errNoPassphrase    = errors.New("missing: the private key is encrypted")
	errWrongPassphrase = errors.New("does not open the private key: it belongs to another key, or was cut off when it was copied")
)

// ParsePrivateKey reads an RSA key in PEM: PKCS#8 or PKCS#1, encrypted or not.
// Of encrypted PKCS#8 it knows PBES2 with PBKDF2 by HMAC-SHA1 or HMAC-SHA256,
// and 3DES or AES in CBC mode; of PKCS#1, what OpenSSL's DEK-Info names. The
// passphrase of a key that is not encrypted is ignored. Errors hold neither the
// key nor the passphrase.
func ParsePrivateKey(data []byte, passphrase string) (*rsa.PrivateKey, error) {
	key, err := parseKey(data, passphrase)
	if errors.Is(err, errNoPassphrase) || errors.Is(err, errWrongPassphrase) {
		return nil, fmt.Errorf("passphrase: %w", err)
	}
	return key, err
}

// parseKey is ParsePrivateKey whose passphrase errors lack their noun.
func parseKey(data []byte, passphrase string) (*rsa.PrivateKey, error) {
	block, err := privateBlock(data)
	if err != nil {
		return nil, err
	}
	var key any
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY":
		key, err = openPKCS8(block.Bytes, passphrase)
	case block.Type == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type != "RSA PRIVATE KEY":
		return nil, otherKey(block.Type)
	case block.Headers["DEK-Info"] != "":
		key, err = openPKCS1(block, passphrase)
	default:
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, told(err)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("not an RSA key: Box takes no other kind")
	}
	if err := longEnough(private); err != nil {
		return nil, err
	}
	return private, nil
}

// otherKey names the forms of key that people try, and nothing else that the
// label may hold.
func otherKey(label string) error {
	switch label {
	case "EC PRIVATE KEY", "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY":
		return fmt.Errorf("not an RSA key in a form that is known, but %q", label)
	default:
		return errors.New("not an RSA key in a form that is known")
	}
}

// keyError is an error that is safe to show and says enough.
type keyError string

// Error implements error.
func (e keyError) Error() string { return string(e) }

// told replaces what a library says by what helps, and lets our own words pass.
func told(err error) error {
	if _, ok := errors.AsType[keyError](err); ok || errors.Is(err, errNoPassphrase) || errors.Is(err, errWrongPassphrase) {
		return err
	}
	return errors.New("the key inside cannot be read: it is damaged, or of a kind that Go does not know")
}

// privateBlock finds the first private key. Line breaks that were escaped twice
// are forgiven.
func privateBlock(data []byte) (*pem.Block, error) {
	text := string(data)
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, `\n`, "\n")
	}
	var other string
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block != nil && strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return block, nil
		case block != nil:
			other = block.Type
		case strings.HasSuffix(other, "PUBLIC KEY"), strings.HasSuffix(other, "CERTIFICATE"):
			return nil, errors.New("holds a public key: want the private one")
		case other == "" && strings.Contains(text, "-----BEGIN "):
			return nil, errors.New("the PEM block is damaged or breaks off: its lines must be as they were, in JSON with \\n between them")
		default:
			return nil, errors.New("no PEM block: want one that begins with -----BEGIN ENCRYPTED PRIVATE KEY-----")
		}
	}
}

func longEnough(key *rsa.PrivateKey) error {
	if key.N == nil || key.N.BitLen() < leastKeyBits {
		return fmt.Errorf("the RSA key is too short: make one of at least %d bits", leastKeyBits)
	}
	return nil
}

// The encryption of a PKCS#8 key as RFC 8018 has it.
type (
	pkcs8Outside struct {
		Scheme pkix.AlgorithmIdentifier
		Data   []byte
	}
	pbes2Params struct {
		Derivation, Cipher pkix.AlgorithmIdentifier
	}
	pbkdf2Params struct {
		Salt      []byte
		Rounds    int
		KeyLength int                      `asn1:"optional"`
		PRF       pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

// openPKCS8 decrypts a key. What encrypts it is looked at first: the library
// panics at some of what is damaged, takes an algorithm for another, and would
// derive a key for hours if told to.
func openPKCS8(der []byte, passphrase string) (any, error) {
	if passphrase == "" {
		return nil, errNoPassphrase
	}
	if err := inspectPKCS8(der); err != nil {
		return nil, err
	}
	key, err := pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	if err != nil {
		return nil, errWrongPassphrase
	}
	return key, nil
}

func inspectPKCS8(der []byte) error {
	const damaged = keyError("the encrypted key is damaged: copy it again")
	var outside pkcs8Outside
	var pbes2 pbes2Params
	var pbkdf2 pbkdf2Params
	if !decodes(der, &outside) {
		return damaged
	}
	if err := supported("scheme", outside.Scheme, "1.2.840.113549.1.5.13"); err != nil {
		return err
	}
	if !decodes(outside.Scheme.Parameters.FullBytes, &pbes2) {
		return damaged
	}
	if err := supported("key derivation", pbes2.Derivation, "1.2.840.113549.1.5.12"); err != nil {
		return err
	}
	if !decodes(pbes2.Derivation.Parameters.FullBytes, &pbkdf2) {
		return damaged
	}
	if pbkdf2.KeyLength != 0 || pbkdf2.Rounds < 1 || pbkdf2.Rounds > mostKeyRounds {
		return unsupportedKey("the parameters of its key derivation")
	}
	if len(pbkdf2.PRF.Algorithm) > 0 { // HMAC-SHA1 if it is left out
		if err := supported("pseudo-random function", pbkdf2.PRF, "1.2.840.113549.2.7", "1.2.840.113549.2.9"); err != nil {
			return err
		}
	}
	block := 16
	if err := supported("cipher", pbes2.Cipher, "1.2.840.113549.3.7"); err == nil {
		block = 8
	} else if err := supported("cipher", pbes2.Cipher, "2.16.840.1.101.3.4.1.2", "2.16.840.1.101.3.4.1.22", "2.16.840.1.101.3.4.1.42"); err != nil {
		return err
	}
	var start []byte
	if !decodes(pbes2.Cipher.Parameters.FullBytes, &start) || len(start) != block || len(outside.Data)%block != 0 {
		return damaged
	}
	return nil
}

func decodes(der []byte, into any) bool {
	rest, err := asn1.Unmarshal(der, into)
	return err == nil && len(rest) == 0
}

// supported says what to do if the algorithm is none of the oids.
func supported(what string, got pkix.AlgorithmIdentifier, oids ...string) error {
	for _, oid := range oids {
		if got.Algorithm.String() == oid {
			return nil
		}
	}
	return unsupportedKey(fmt.Sprintf("%s %s", what, clip(got.Algorithm.String())))
}

func unsupportedKey(what string) error {
	return keyError("its encryption is not supported (" + what + "): rewrite it with " + convertKey)
}

// openPKCS1 decrypts a key in OpenSSL's old form.
func openPKCS1(block *pem.Block, passphrase string) (any, error) {
	if passphrase == "" {
		return nil, errNoPassphrase
	}
	der, err := x509.DecryptPEMBlock(block, []byte(passphrase)) //nolint:staticcheck // deprecated for what the format lacks; people still have such keys
	if err != nil && !errors.Is(err, x509.IncorrectPasswordError) {
		return nil, unsupportedKey("DEK-Info")
	}
	if err != nil {
		return nil, errWrongPassphrase
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, errWrongPassphrase // the padding can be right by chance
	}
	return key, nil
}
