package feishu

import (
	"encoding/hex"
	"encoding/json"
	"testing"
)

func TestCryptoVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Key       string `json:"encrypt_key"`
		IV        string `json:"iv_hex"`
		Timestamp string `json:"x_lark_request_timestamp"`
		Nonce     string `json:"x_lark_request_nonce"`
		Cases     map[string]struct {
			Plain  string `json:"plaintext"`
			Sealed string `json:"ciphertext_base64"`
			Body   string `json:"http_body"`
			Sum    string `json:"x_lark_signature_sha256"`
		}
	}
	if err := json.Unmarshal(sample(t, "crypto_test_vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	iv, err := hex.DecodeString(v.IV)
	if err != nil || len(v.Cases) != 3 {
		t.Fatalf("vectors: %v, %d cases", err, len(v.Cases))
	}
	for name, c := range v.Cases {
		if got := encrypt(v.Key, iv, []byte(c.Plain)); got != c.Sealed {
			t.Errorf("%s: sealed %s, want %s", name, got, c.Sealed)
		}
		if got := signature(v.Timestamp, v.Nonce, v.Key, []byte(c.Body)); got != c.Sum {
			t.Errorf("%s: signature %s, want %s", name, got, c.Sum)
		}
	}
}
