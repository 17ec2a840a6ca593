package boxapi_test

import (
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/youmark/pkcs8"

	"github.com/rollcall-sync/rollcall/target/box/boxapi"
)

// passphrase opens every encrypted key below testdata/throwaway-keys, which
// OpenSSL 3.0 has made.
const passphrase = "throwaway"

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "throwaway-keys", name))
	require.NoError(t, err)
	return data
}

func TestParsePrivateKey_reads_what_openssl_writes(t *testing.T) {
	t.Parallel()
	want := throwawayKey(t)
	files, err := filepath.Glob("testdata/throwaway-keys/*.pem")
	require.NoError(t, err)
	read := 0
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasPrefix(name, "refused-") {
			continue
		}
		read++
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := fixture(t, name)
			got, err := boxapi.ParsePrivateKey(data, passphrase)
			require.NoError(t, err)
			assert.True(t, want.Equal(got))

			got, err = boxapi.ParsePrivateKey([]byte("Bag Attributes\n  friendlyName: x\r\n"+strings.ReplaceAll(string(data), "\n", "\r\n")), passphrase)
			require.NoError(t, err, "as Windows saves it")
			assert.True(t, want.Equal(got))

			got, err = boxapi.ParsePrivateKey([]byte(strings.ReplaceAll(string(data), "\n", `\n`)), passphrase)
			require.NoError(t, err, "escaped twice")
			assert.True(t, want.Equal(got))

			if !strings.Contains(string(data), "ENCRYPTED") {
				_, err = boxapi.ParsePrivateKey(data, "")
				require.NoError(t, err)
				return
			}
			for _, wrong := range []string{"canary", passphrase + "\n", strings.ToUpper(passphrase)} {
				_, err = boxapi.ParsePrivateKey(data, wrong)
				require.EqualError(t, err, "passphrase: does not open the private key: it belongs to another key, or was cut off when it was copied")
			}
			_, err = boxapi.ParsePrivateKey(data, "")
			require.EqualError(t, err, "passphrase: missing: the private key is encrypted")
		})
	}
	assert.Equal(t, 13, read)
}

func TestParsePrivateKey_refuses(t *testing.T) {
	t.Parallel()
	const rewrite = ": rewrite it with openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -in OLD.pem -out NEW.pem"
	tests := map[string]string{
		"refused-1024.pem":            "the RSA key is too short: make one of at least 2048 bits",
		"refused-camellia.pem":        "its encryption is not supported (cipher 1.2.392.200011.61.1.1.1.4)" + rewrite,
		"refused-certificate.pem":     "holds a public key: want the private one",
		"refused-dek-camellia256.pem": "its encryption is not supported (DEK-Info)" + rewrite,
		"refused-ec-encrypted.pem":    "not an RSA key: Box takes no other kind",
		"refused-ec-pkcs8.pem":        "not an RSA key: Box takes no other kind",
		"refused-ec-sec1.pem":         `not an RSA key in a form that is known, but "EC PRIVATE KEY"`,
		"refused-openssh.pem":         `not an RSA key in a form that is known, but "OPENSSH PRIVATE KEY"`,
		"refused-pbes1.pem":           "its encryption is not supported (scheme 1.2.840.113549.1.12.1.3)" + rewrite,
		"refused-prf-SHA512.pem":      "its encryption is not supported (pseudo-random function 1.2.840.113549.2.11)" + rewrite,
		"refused-public.pem":          "holds a public key: want the private one",
		"refused-scrypt.pem":          "its encryption is not supported (key derivation 1.3.6.1.4.1.11591.4.11)" + rewrite,
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := boxapi.ParsePrivateKey(fixture(t, name), passphrase)
			require.EqualError(t, err, want)
		})
	}
	files, err := filepath.Glob("testdata/throwaway-keys/refused-*.pem")
	require.NoError(t, err)
	assert.Len(t, files, len(tests))
}

func TestParsePrivateKey_every_cipher_with_every_function(t *testing.T) {
	t.Parallel()
	want := throwawayKey(t)
	ciphers := map[string]pkcs8.Cipher{
		"3des": pkcs8.TripleDESCBC, "aes128": pkcs8.AES128CBC, "aes192": pkcs8.AES192CBC, "aes256": pkcs8.AES256CBC, "gcm": pkcs8.AES256GCM,
	}
	for name, cipher := range ciphers {
		for _, hash := range []crypto.Hash{crypto.SHA1, crypto.SHA256} {
			t.Run(name+"_"+hash.String(), func(t *testing.T) {
				t.Parallel()
				der, err := pkcs8.MarshalPrivateKey(want, []byte("ünï cödé"), &pkcs8.Opts{
					Cipher: cipher, KDFOpts: pkcs8.PBKDF2Opts{SaltSize: 16, IterationCount: 1, HMACHash: hash},
				})
				require.NoError(t, err)
				got, err := boxapi.ParsePrivateKey(encrypted(der), "ünï cödé")
				if name == "gcm" { // the library writes CBC and calls it GCM
					require.ErrorContains(t, err, "cipher 2.16.840.1.101.3.4.1.46")
					return
				}
				require.NoError(t, err)
				assert.True(t, want.Equal(got))
			})
		}
	}
}

func encrypted(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})
}

// What is damaged is an error, in whichever byte; the decoder below would panic
// at some of it.
func TestParsePrivateKey_damaged(t *testing.T) {
	t.Parallel()
	block, _ := pem.Decode(fixture(t, "refused-ec-encrypted.pem"))
	for i := range block.Bytes {
		for _, bits := range []byte{0x01, 0x08, 0x80, 0xff} {
			der := append([]byte(nil), block.Bytes...)
			der[i] ^= bits
			_, err := boxapi.ParsePrivateKey(encrypted(der), passphrase)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "asn1")
		}
		_, err := boxapi.ParsePrivateKey(encrypted(block.Bytes[:i]), passphrase)
		require.EqualError(t, err, "the encrypted key is damaged: copy it again")
	}
	_, err := boxapi.ParsePrivateKey(encrypted(append(block.Bytes, 0)), passphrase)
	require.EqualError(t, err, "the encrypted key is damaged: copy it again")

	whole := string(fixture(t, "pkcs1.pem"))
	for name, tc := range map[string]struct{ pem, want string }{
		"empty":       {"", "no PEM block"},
		"torn":        {whole[:len(whole)-40], "the PEM block is damaged or breaks off"},
		"joined":      {strings.ReplaceAll(whole, "\n", " "), "the PEM block is damaged or breaks off"},
		"base64_only": {strings.Join(strings.Split(whole, "\n")[1:20], "\n"), "no PEM block"},
		"pkcs1_body":  {string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("canary")})), "the key inside cannot be read"},
		"pkcs8_body":  {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("canary")})), "the key inside cannot be read"},
	} {
		_, err := boxapi.ParsePrivateKey([]byte(tc.pem), "")
		require.ErrorContains(t, err, tc.want, name)
		assert.NotContains(t, err.Error(), "canary")
	}
}

// An encrypted key as RFC 8018 has it, so that a test can write a wrong one.
type (
	sealedKey struct {
		Scheme struct {
			OID    asn1.ObjectIdentifier
			Params sealedParams
		}
		Data []byte
	}
	sealedParams struct {
		KDF struct {
			OID    asn1.ObjectIdentifier
			Params struct {
				Salt      []byte
				Rounds    int
				KeyLength int `asn1:"optional"`
				PRF       pkix.AlgorithmIdentifier
			}
		}
		Cipher struct {
			OID asn1.ObjectIdentifier
			IV  []byte
		}
	}
)

func TestParsePrivateKey_odd_parameters(t *testing.T) {
	t.Parallel()
	const unsupported = "its encryption is not supported (the parameters of its key derivation): rewrite it with openssl"
	const damaged = "the encrypted key is damaged: copy it again"
	block, _ := pem.Decode(fixture(t, "pbes2-aes-256-cbc-SHA256.pem"))
	tests := map[string]struct {
		change func(*sealedKey)
		want   string
	}{
		"as_it_was":       {func(*sealedKey) {}, ""},
		"a_bomb":          {func(k *sealedKey) { k.Scheme.Params.KDF.Params.Rounds = 2000000000 }, unsupported},
		"no_rounds":       {func(k *sealedKey) { k.Scheme.Params.KDF.Params.Rounds = 0 }, unsupported},
		"negative_rounds": {func(k *sealedKey) { k.Scheme.Params.KDF.Params.Rounds = -5 }, unsupported},
		"key_length":      {func(k *sealedKey) { k.Scheme.Params.KDF.Params.KeyLength = 32 }, unsupported}, // the library would overlook it, and the function behind it
		"short_start":     {func(k *sealedKey) { k.Scheme.Params.Cipher.IV = []byte("12345678") }, damaged},
		"no_start":        {func(k *sealedKey) { k.Scheme.Params.Cipher.IV = nil }, damaged},
		"odd_data":        {func(k *sealedKey) { k.Data = k.Data[1:] }, damaged},
		"no_data":         {func(k *sealedKey) { k.Data = nil }, "passphrase: does not open the private key"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var key sealedKey
			_, err := asn1.Unmarshal(block.Bytes, &key)
			require.NoError(t, err)
			tc.change(&key)
			der, err := asn1.Marshal(key)
			require.NoError(t, err)
			_, err = boxapi.ParsePrivateKey(encrypted(der), passphrase)
			if tc.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tc.want)
		})
	}
}

// Of 256 wrong passphrases one leaves a padding that looks right.
func TestParsePrivateKey_right_by_chance(t *testing.T) {
	t.Parallel()
	data := fixture(t, "dek-des3.pem")
	for i := range 2000 {
		_, err := boxapi.ParsePrivateKey(data, strconv.Itoa(i))
		require.ErrorContains(t, err, "passphrase: does not open the private key")
	}
}
