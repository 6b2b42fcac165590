package wecom

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

type vectors struct {
	Token   string
	Key     string `json:"encoding_aes_key"`
	KeyHex  string `json:"aes_key_hex"`
	Random  string `json:"random16"`
	Vectors []struct{ Name, Timestamp, Nonce, ReceiveID, Plain, Encrypt, Signature string }
}

// Vectors made with the vendor's own library, in both directions.
func TestVectors(t *testing.T) {
	t.Parallel()
	var v vectors
	if err := json.Unmarshal(sample(t, "crypto-vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	key, err := aesKey(v.Key)
	if err != nil || hex.EncodeToString(key) != v.KeyHex {
		t.Fatalf("key: %v %x", err, key)
	}
	if len(v.Vectors) != 6 {
		t.Fatalf("%d vectors", len(v.Vectors))
	}
	for _, c := range v.Vectors {
		if got := seal(key, []byte(v.Random), []byte(c.Plain), c.ReceiveID); got != c.Encrypt {
			t.Errorf("%s: sealed as %s", c.Name, got)
		}
		plain, err := unseal(key, c.Encrypt, c.ReceiveID)
		if err != nil || string(plain) != c.Plain {
			t.Errorf("%s: %q %v", c.Name, plain, err)
		}
		if got := signature(v.Token, c.Timestamp, c.Nonce, c.Encrypt); c.Signature != "" && got != c.Signature {
			t.Errorf("%s: signature %s, want %s", c.Name, got, c.Signature)
		}
		if _, err := unseal(key, c.Encrypt, "another"); err == nil {
			t.Errorf("%s: opened for another receiver", c.Name)
		}
	}
}

func TestUnsealRefuses(t *testing.T) {
	t.Parallel()
	key, _ := aesKey(strings.Repeat("a", 43))
	for _, raw := range []string{"", "!", "AAAA", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 32))} {
		if plain, err := unseal(key, raw, ""); err == nil {
			t.Errorf("%q opened as %q", raw, plain)
		}
	}
	for _, bad := range []string{"", strings.Repeat("a", 42), strings.Repeat("?", 43)} {
		if _, err := aesKey(bad); err == nil {
			t.Errorf("%q is taken as a key", bad)
		}
	}
}

func FuzzUnseal(f *testing.F) {
	key, _ := aesKey(strings.Repeat("k", 43))
	f.Add([]byte("hello"), "ww1", seal(key, make([]byte, 16), []byte("hello"), "ww1"))
	f.Add([]byte(""), "", "AAAA")
	f.Fuzz(func(t *testing.T, msg []byte, receiver, sealed string) {
		_, _ = unseal(key, sealed, receiver)
		plain, err := unseal(key, seal(key, make([]byte, 16), msg, receiver), receiver)
		if err != nil || string(plain) != string(msg) {
			t.Fatalf("%q came back as %q: %v", msg, plain, err)
		}
	})
}
