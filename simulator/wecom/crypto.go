package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The cipher of all callbacks: AES-256-CBC under the decoded EncodingAESKey with its first half as IV, over
// 16 random bytes, the length, the message and the receiver's id, padded to blocks of 32.
//
// Source: WeCom developer documents, "Encryption and decryption", checked 2026-11.

const sealBlock = 32

var errSeal = errors.New("not a sealed message")

// aesKey decodes an EncodingAESKey: 43 letters and digits.
func aesKey(encoded string) ([]byte, error) {
	if len(encoded) != 43 {
		return nil, fmt.Errorf("EncodingAESKey has %d characters, not 43", len(encoded))
	}
	key, err := base64.StdEncoding.DecodeString(encoded + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("EncodingAESKey is not 43 letters and digits")
	}
	return key, nil
}

// seal encrypts a message; salt must be 16 bytes, fresh for every message.
func seal(key, salt, msg []byte, receiver string) string {
	plain := slices.Concat(salt, binary.BigEndian.AppendUint32(nil, uint32(len(msg))), msg, []byte(receiver))
	pad := sealBlock - len(plain)%sealBlock
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// unseal decrypts what an app answers with.
func unseal(key []byte, sealed, receiver string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < sealBlock || len(raw)%aes.BlockSize != 0 {
		return nil, errSeal
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSeal, err)
	}
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(raw, raw)
	pad := int(raw[len(raw)-1])
	if pad < 1 || pad > sealBlock || len(raw)-pad < 20 {
		return nil, errSeal
	}
	raw = raw[:len(raw)-pad]
	n := int64(binary.BigEndian.Uint32(raw[16:20]))
	if 20+n > int64(len(raw)) {
		return nil, errSeal
	}
	if string(raw[20+n:]) != receiver {
		return nil, fmt.Errorf("%w: it is for another receiver", errSeal)
	}
	return raw[20 : 20+n], nil
}

// signature is msg_signature: SHA-1 over the sorted parts.
func signature(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
