package wecom

import (
	"encoding/json"
	"strings"
	"testing"
)

// vectors are testdata/crypto: made with the vendor's own library for Node, with the random bytes fixed.
type vectors struct {
	Token   string `json:"token"`
	Key     string `json:"encoding_aes_key"`
	Random  string `json:"random16"`
	Vectors []struct {
		Name, Timestamp, Nonce, ReceiveID, Plain, Encrypt, Signature string
	} `json:"vectors"`
}

func TestVectors(t *testing.T) {
	t.Parallel()
	var v vectors
	if err := json.Unmarshal(readFile(t, "testdata/crypto/crypto-vectors.json"), &v); err != nil || len(v.Vectors) < 6 {
		t.Fatalf("%d vectors, %v", len(v.Vectors), err)
	}
	for _, c := range v.Vectors {
		s, err := newSealer(v.Token, v.Key, c.ReceiveID)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := s.open(c.Encrypt)
		if err != nil || string(plain) != c.Plain {
			t.Errorf("%s: opened as %q, %v", c.Name, plain, err)
		}
		if sealed, err := s.seal([]byte(c.Plain), []byte(v.Random)); err != nil || sealed != c.Encrypt {
			t.Errorf("%s: sealed as %s, %v", c.Name, sealed, err)
		}
		if c.Signature == "" {
			continue
		}
		if !s.signed(c.Signature, c.Timestamp, c.Nonce, c.Encrypt) {
			t.Errorf("%s: signature %s", c.Name, s.sign(c.Timestamp, c.Nonce, c.Encrypt))
		}
		for _, wrong := range []string{"", c.Signature[1:], c.Signature + "0", strings.ToUpper(c.Signature), strings.Repeat("0", 40)} {
			if s.signed(wrong, c.Timestamp, c.Nonce, c.Encrypt) {
				t.Errorf("%s: takes %q", c.Name, wrong)
			}
		}
		other, _ := newSealer(v.Token, v.Key, "wwsomebodyelse")
		if _, err := other.open(c.Encrypt); err == nil {
			t.Errorf("%s: opened for another receiver", c.Name)
		}
	}
	// The example that the vendor's page prints.
	s, err := newSealer("QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.open("AAAA"); err == nil {
		t.Error("three bytes were opened")
	}
}

// Whatever is done to a sealed text, it is refused or says the same; it never panics.
func TestOpenDamaged(t *testing.T) {
	t.Parallel()
	s, err := newSealer(testToken, testKey, testCorp)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 70 {
		msg := strings.Repeat("x", n)
		sealed, err := s.seal([]byte(msg), testRandom)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.open(sealed); err != nil || string(got) != msg {
			t.Fatalf("%d bytes: %q %v", n, got, err)
		}
		for i := range len(sealed) {
			b := []byte(sealed)
			b[i] ^= 1
			if got, err := s.open(string(b)); err == nil && len(got) > len(sealed) {
				t.Fatalf("%d bytes, %d flipped: %q", n, i, got)
			}
			if _, err := s.open(sealed[:i]); err == nil {
				t.Fatalf("%d bytes, cut at %d: opened", n, i)
			}
		}
	}
}
