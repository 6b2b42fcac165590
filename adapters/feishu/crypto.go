package feishu

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"sync"
)

// errCipher is every way in which an encrypted body can be wrong. One error for all of them: whoever sent
// the body must not learn from us which step it failed at.
var errCipher = errors.New("the body can't be decrypted with our encrypt key")

// sealer opens what Feishu encrypted with an app's encrypt key: AES-256-CBC under SHA-256 of the key, the
// first block of the message is the initialization vector, PKCS#7 padding, all in standard base64.
//
// Source: Feishu Open Platform, "Configure Encrypt Key", checked 2026-11.
type sealer struct{ block cipher.Block }

// newSealer derives the AES key. The encrypt key may be any text.
func newSealer(encryptKey string) sealer {
	key := sha256.Sum256([]byte(encryptKey))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("feishu: a 32 byte key was refused: " + err.Error()) // can't happen
	}
	return sealer{block}
}

// strictBase64 refuses what has more than one spelling.
var strictBase64 = base64.StdEncoding.Strict()

// open decrypts the base64 text of the field "encrypt", into bytes of its own. It fails with errCipher.
func (s sealer) open(text []byte) ([]byte, error) {
	buf := make([]byte, strictBase64.DecodedLen(len(text)))
	n, err := strictBase64.Decode(buf, text)
	if err != nil {
		return nil, errCipher
	}
	buf = buf[:n]
	// One block of vector and at least one of content; CBC knows whole blocks only.
	if len(buf) < 2*aes.BlockSize || len(buf)%aes.BlockSize != 0 {
		return nil, errCipher
	}
	iv, body := buf[:aes.BlockSize], buf[aes.BlockSize:]
	cipher.NewCBCDecrypter(s.block, iv).CryptBlocks(body, body)
	return unpadPKCS7(body)
}

// unpadPKCS7 removes PKCS#7 padding. It looks at the whole last block whatever that holds, so that the time
// taken says nothing about where the padding is wrong.
func unpadPKCS7(b []byte) ([]byte, error) {
	n := int(b[len(b)-1])
	good := subtle.ConstantTimeLessOrEq(1, n) & subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i := 1; i <= aes.BlockSize; i++ {
		inside := subtle.ConstantTimeLessOrEq(i, n)
		same := subtle.ConstantTimeByteEq(b[len(b)-i], byte(n))
		good &= same | (1 - inside)
	}
	if good != 1 {
		return nil, errCipher
	}
	return b[:len(b)-n], nil
}

// signedBy checks the X-Lark-Signature of events and of card.action.trigger: lower case hex of SHA-256 over
// timestamp, nonce, encrypt key and the raw body, joined without a separator. The time it takes says nothing
// about where a wrong one differs.
func signedBy(given, timestamp, nonce, encryptKey string, body []byte) bool {
	var want, have [2 * sha256.Size]byte
	if copy(have[:], given) != len(given) || len(given) != len(have) {
		return false
	}
	buf := joined.Get().(*[]byte)
	b := append(append(append((*buf)[:0], timestamp...), nonce...), encryptKey...)
	b = append(b, body...)
	sum := sha256.Sum256(b)
	clear(b) // the key
	if *buf = b; cap(b) <= maxKept {
		joined.Put(buf)
	}
	hex.Encode(want[:], sum[:])
	return subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

// joined holds buffers for what is signed: most bodies are below 4 KB, and hashing them in one go needs no
// state on the heap.
var joined = sync.Pool{New: func() any { return new([]byte) }}

// maxKept is how large a buffer may be to be kept for the next body.
const maxKept = 64 << 10

// signatureLegacy is the X-Lark-Signature of the old card callback, card.action.trigger_v1: the same
// header, but SHA-1, and the verification token in the place of the encrypt key.
func signatureLegacy(timestamp, nonce, token string, body []byte) string {
	h := sha1.New()
	h.Write([]byte(timestamp + nonce + token))
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// sameSecret compares two secrets in a time that does not depend on where they differ, nor on their lengths.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
