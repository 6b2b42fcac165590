package dingtalk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
)

const (
	// padBlock is the block of the padding: two AES blocks. Some of DingTalk's own programs pad to one.
	padBlock  = 32
	headBytes = 16 // random bytes before the length
)

// errCipher is every way in which an encrypted body can be wrong: whoever sent it must not learn from us
// which step it failed at.
var errCipher = errors.New("the body can't be decrypted with our aes_key")

// errOwner says that a body was encrypted with our key, but for somebody else.
var errOwner = errors.New("the envelope names another owner than our client_id; add it to owner_keys if the callback was registered by the old interface")

// sealer opens and makes the encrypted bodies of event callbacks: AES-256-CBC whose vector is the first half
// of the key, over 16 random bytes, the length as four bytes, the message and the key of the owner.
//
// Source: DingTalk Open Platform, "Configure HTTP push" and the published callback crypto programs, checked 2026-08.
type sealer struct {
	block cipher.Block
	iv    []byte
}

// aesKeyEncoding reads the 43 characters of a key, whose last one may carry bits that do not count.
var aesKeyEncoding = base64.RawStdEncoding

// newSealer takes the key of the console: 43 letters and digits.
func newSealer(aesKey string) (sealer, error) {
	key, err := aesKeyEncoding.DecodeString(aesKey)
	if err != nil || len(key) != 32 {
		return sealer{}, errors.New("aes_key is not 43 letters and digits")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, errors.New("aes_key is not 43 letters and digits")
	}
	return sealer{block, key[:aes.BlockSize]}, nil
}

// open decrypts the field "encrypt" and says for whom it is. It fails with errCipher.
func (s sealer) open(text []byte) (msg, owner []byte, err error) {
	buf := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(buf, text)
	if err != nil || n < 2*aes.BlockSize || n%aes.BlockSize != 0 {
		return nil, nil, errCipher
	}
	buf = buf[:n]
	cipher.NewCBCDecrypter(s.block, s.iv).CryptBlocks(buf, buf)
	pad := int(buf[n-1])
	if pad < 1 || pad > padBlock || pad > n-headBytes-4 {
		return nil, nil, errCipher
	}
	for _, b := range buf[n-pad:] {
		if int(b) != pad {
			return nil, nil, errCipher
		}
	}
	buf = buf[:n-pad]
	size := int64(binary.BigEndian.Uint32(buf[headBytes:]))
	rest := buf[headBytes+4:]
	if size > int64(len(rest)) {
		return nil, nil, errCipher
	}
	return rest[:size:size], rest[size:], nil
}

// seal encrypts a message for an owner. random is 16 bytes.
func (s sealer) seal(msg, owner string, random []byte) string {
	plain := make([]byte, 0, headBytes+4+len(msg)+len(owner)+padBlock)
	plain = append(plain, random[:headBytes]...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(append(plain, msg...), owner...)
	pad := padBlock - len(plain)%padBlock
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(s.block, s.iv).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain)
}

// signature is lower case hex of SHA-1 over the four texts, sorted and joined.
func signature(token, timestamp, nonce, encrypt string) string {
	parts := [4]string{token, timestamp, nonce, encrypt}
	slices.Sort(parts[:])
	buf := make([]byte, 0, len(token)+len(timestamp)+len(nonce)+len(encrypt))
	for _, p := range parts {
		buf = append(buf, p...)
	}
	sum := sha1.Sum(buf)
	return hex.EncodeToString(sum[:])
}

// robotSign is the header "sign" of what people write to the robot: HMAC-SHA256 with the app secret over the
// timestamp, a line break and the secret again. The body is not part of it.
//
// Source: DingTalk Open Platform, "Receive messages of the robot", checked 2026-08.
func robotSign(secret, timestamp string) string {
	return hmacBase64(secret, timestamp+"\n"+secret)
}

// cardSign is the header x-ddpaas-signature of card callbacks: HMAC-SHA256 over the timestamp.
//
// Source: DingTalk Open Platform, "Card callback", checked 2026-08.
func cardSign(secret, timestamp string) string { return hmacBase64(secret, timestamp) }

func hmacBase64(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// same compares two secrets in a time that does not depend on where they differ, nor on their lengths.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
