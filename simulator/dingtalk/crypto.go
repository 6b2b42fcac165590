package dingtalk

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
)

// padBlock is what event bodies are padded to, twice the cipher's own block.
const padBlock = 32

// keyOf decodes the console's 43 letters. The last one may carry bits that no 32 bytes have; they are dropped.
func keyOf(aesKey string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err == nil && len(key) != 32 {
		err = errors.New("not 32 bytes")
	}
	return key, err
}

// seal encrypts an event body: 16 random bytes, the message's length in bytes, the message, the owner's key.
//
// Source: DingTalk, callback crypto demos and "HTTP callback overview", checked 2026-08.
func seal(aesKey string, random16, msg []byte, owner string) (string, error) {
	key, err := keyOf(aesKey)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	plain := slices.Concat(random16, binary.BigEndian.AppendUint32(nil, uint32(len(msg))), msg, []byte(owner))
	pad := padBlock - len(plain)%padBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}

var errSealed = errors.New("not a body sealed for this app")

// unseal is seal's inverse, for the answers. Padding may go to 16 or to 32.
func unseal(aesKey, sealed, owner string) ([]byte, error) {
	key, err := keyOf(aesKey)
	if err != nil {
		return nil, err
	}
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 2*aes.BlockSize || len(raw)%aes.BlockSize != 0 {
		return nil, errSealed
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > padBlock || pad > len(raw)-20 {
		return nil, errSealed
	}
	raw = raw[:len(raw)-pad]
	n := binary.BigEndian.Uint32(raw[16:20])
	if uint64(n) > uint64(len(raw)-20) || string(raw[20+n:]) != owner {
		return nil, errSealed
	}
	return raw[20 : 20+n], nil
}

// eventSignature signs a sealed body.
func eventSignature(token, timestamp, nonce, sealed string) string {
	parts := []string{token, timestamp, nonce, sealed}
	slices.Sort(parts)
	h := sha1.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// robotSignature is the sign header of robot messages, and the sign of a custom robot's address.
func robotSignature(secret, timestamp string) string {
	return hmacBase64(secret, timestamp+"\n"+secret)
}

// cardSignature is the signature of card callbacks over HTTP. It covers the time only.
func cardSignature(secret, timestamp string) string { return hmacBase64(secret, timestamp) }

func hmacBase64(key, data string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(data))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
