package dingtalk

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"
)

type vectors struct {
	Events []struct {
		ID        string `json:"id"`
		Token     string `json:"token"`
		Key       string `json:"aesKey"`
		Owner     string `json:"ownerKey"`
		Random    string `json:"random16"`
		Timestamp string `json:"timestamp"`
		Nonce     string `json:"nonce"`
		Signature string `json:"signature"`
		Encrypt   string `json:"encrypt"`
		Plain     string `json:"plaintext"`
	} `json:"eventCrypto"`
	Robot struct {
		Secret    string `json:"appSecret"`
		Timestamp string `json:"timestamp"`
		Sign      string `json:"sign"`
	} `json:"robotCallbackSign"`
	Card struct {
		Secret    string `json:"apiSecret"`
		Timestamp string `json:"timestamp"`
		Signature string `json:"signature"`
	} `json:"cardCallbackSign"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/crypto/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil || len(v.Events) < 5 {
		t.Fatal(len(v.Events), err)
	}
	return v
}

func TestVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, e := range v.Events {
		s, err := newSealer(e.Key)
		if err != nil {
			t.Fatalf("%s: %v", e.ID, err)
		}
		if got := signature(e.Token, e.Timestamp, e.Nonce, e.Encrypt); got != e.Signature {
			t.Errorf("%s: signature %s, want %s", e.ID, got, e.Signature)
		}
		msg, owner, err := s.open([]byte(e.Encrypt))
		if err != nil || string(msg) != e.Plain || string(owner) != e.Owner {
			t.Errorf("%s: opened %q for %q, %v", e.ID, msg, owner, err)
		}
		if e.Random != "" {
			if got := s.seal(e.Plain, e.Owner, []byte(e.Random)); got != e.Encrypt {
				t.Errorf("%s: sealed\n%s, want\n%s", e.ID, got, e.Encrypt)
			}
		}
	}
	if got := robotSign(v.Robot.Secret, v.Robot.Timestamp); got != v.Robot.Sign {
		t.Errorf("robot: %s, want %s", got, v.Robot.Sign)
	}
	if got := cardSign(v.Card.Secret, v.Card.Timestamp); got != v.Card.Signature {
		t.Errorf("card: %s, want %s", got, v.Card.Signature)
	}
}

// The key of the first set, and what is no key.
func TestKeys(t *testing.T) {
	t.Parallel()
	key, err := aesKeyEncoding.DecodeString(testKey)
	if err != nil || hex.EncodeToString(key) != "a35c346ae9b8db26a9b65cfc6a59e1c229237778de9f3b7d71bf709b3a6d82eb" {
		t.Errorf("key %x, %v", key, err)
	}
	for _, bad := range []string{"", "short", testKey + "A", testKey[:42] + "!"} {
		if _, err := newSealer(bad); err == nil {
			t.Errorf("%q is taken as a key", bad)
		}
	}
}

// A padding to one block, as one of DingTalk's own programs writes, is read too; none at all is not.
func TestPaddings(t *testing.T) {
	t.Parallel()
	s, err := newSealer(testKey)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 70 {
		msg := string(make([]byte, n))
		got, owner, err := s.open([]byte(s.seal(msg, "owner", []byte("0123456789abcdef"))))
		if err != nil || string(got) != msg || string(owner) != "owner" {
			t.Errorf("%d bytes: %q for %q, %v", n, got, owner, err)
		}
	}
	for _, bad := range []string{"", "!", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA==", s.seal("x", "o", []byte("0123456789abcdef"))[4:]} {
		if _, _, err := s.open([]byte(bad)); err != errCipher {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, e := range readVectors(f).Events {
		f.Add([]byte(e.Encrypt))
	}
	s, err := newSealer(testKey)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		msg, owner, err := s.open(b)
		if err != nil && err != errCipher {
			t.Errorf("error %v tells too much", err)
		}
		if err == nil && len(msg)+len(owner) > len(b) {
			t.Error("opened to more than there was")
		}
	})
}
