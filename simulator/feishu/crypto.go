package feishu

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// encrypt seals a callback body: AES-256-CBC under SHA-256 of the encrypt key, PKCS#7, base64 of IV and
// ciphertext. iv must be 16 bytes, fresh for every body.
//
// Source: Feishu Open Platform, "Encrypt Key" of the event subscription, checked 2026-11.
func encrypt(key string, iv, plain []byte) string {
	sum := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	sealed := make([]byte, aes.BlockSize+len(padded))
	copy(sealed, iv)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(sealed[aes.BlockSize:], padded)
	return base64.StdEncoding.EncodeToString(sealed)
}

// signature is X-Lark-Signature of a raw body, for events and for card.action.trigger alike.
func signature(timestamp, nonce, key string, body []byte) string {
	h := sha256.New()
	h.Write([]byte(timestamp + nonce + key))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}
