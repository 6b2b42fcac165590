package wecom

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
)

// block is what plaintexts are padded to. It is twice that of AES.
const block = 32

// head is what stands before a message: 16 random bytes and its length.
const head = 16 + 4

var errCipher = errors.New("the body can't be decrypted: wrong key, or damaged")

// sealer opens and seals what travels between WeCom and one callback address.
// Source: WeCom developer documents, "Encryption scheme" (path 90968), checked 2026-11.
type sealer struct {
	token   string
	receive string // the id that a plaintext must end in: the corp, or "" for a smart robot
	key     cipher.Block
	iv      []byte
}

// newSealer makes one of a token and a 43-character key. The last character of a key holds two bits that
// mean nothing; any are taken.
func newSealer(token, encodingKey, receive string) (*sealer, error) {
	key, err := base64.StdEncoding.DecodeString(encodingKey + "=")
	if err != nil || len(key) != 32 {
		return nil, errors.New("the key is not 43 letters and digits")
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return &sealer{token: token, receive: receive, key: b, iv: key[:aes.BlockSize]}, nil
}

// sign is the signature over the parts: SHA-1 over them in order of their bytes, in lower case hex.
func (s *sealer) sign(timestamp, nonce, sealed string) string {
	parts := []string{s.token, timestamp, nonce, sealed}
	slices.Sort(parts)
	h := sha1.New()
	for _, p := range parts {
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// signed checks a signature. The time it takes says nothing about where a wrong one differs.
func (s *sealer) signed(given, timestamp, nonce, sealed string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(s.sign(timestamp, nonce, sealed))) == 1
}

// open decrypts base64 text and gives the message in it, after it has checked for whom it is.
func (s *sealer) open(sealed string) ([]byte, error) {
	ct, err := base64.StdEncoding.Strict().DecodeString(sealed)
	if err != nil || len(ct) < block || len(ct)%block != 0 {
		return nil, errCipher
	}
	cipher.NewCBCDecrypter(s.key, s.iv).CryptBlocks(ct, ct)
	pad := int(ct[len(ct)-1])
	if pad < 1 || pad > block || len(ct)-pad < head {
		return nil, errCipher
	}
	for _, b := range ct[len(ct)-pad:] {
		if int(b) != pad {
			return nil, errCipher
		}
	}
	plain := ct[:len(ct)-pad]
	n := uint64(binary.BigEndian.Uint32(plain[16:]))
	if head+n > uint64(len(plain)) {
		return nil, errCipher
	}
	if id := plain[head+n:]; subtle.ConstantTimeCompare(id, []byte(s.receive)) != 1 {
		return nil, errors.New("the body is for another receiver")
	}
	return plain[head : head+n : head+n], nil
}

// seal encrypts a message, for a passive answer. random is 16 bytes; nil takes new ones.
func (s *sealer) seal(msg, random []byte) (string, error) {
	if random == nil {
		random = make([]byte, 16)
		if _, err := rand.Read(random); err != nil {
			return "", err
		}
	}
	plain := make([]byte, 0, head+len(msg)+len(s.receive)+block)
	plain = append(plain, random...)
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(msg)))
	plain = append(append(plain, msg...), s.receive...)
	pad := block - len(plain)%block
	plain = append(plain, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(s.key, s.iv).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}
