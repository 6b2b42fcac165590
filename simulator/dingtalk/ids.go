package dingtalk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
)

// rootUnit is the organisation itself among the departments.
const rootUnit = 1

// derive makes bytes that are the same whenever the same parts meet.
func derive(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}

func deriveDigits(n int, parts ...string) string {
	d := new(big.Int).SetBytes(derive(parts...)).String()
	return d[len(d)-n:]
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	numbers = "0123456789"
)

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails, by its contract
	return raw
}

// random returns n hexadecimal digits nobody can guess.
func random(n int) string { return hex.EncodeToString(randomBytes((n + 1) / 2))[:n] }

func randomOf(alphabet string, n int) string {
	out := make([]byte, n)
	for i, b := range randomBytes(n) {
		out[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(out)
}

func randomLetters(n int) string { return randomOf(letters, n) }
func randomDigits(n int) string  { return randomOf(numbers, n) }

func randomUUID() string {
	b := randomBytes(16)
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newQueryKey is a processQueryKey: base64, so it holds + / and = and must be escaped in a query.
func newQueryKey() string { return base64.StdEncoding.EncodeToString(randomBytes(32)) }

func newMessageID() string { return "msg" + base64.StdEncoding.EncodeToString(randomBytes(16)) }

// userID is a person's id in the organisation, unionID the one across a developer's organisations.
func (s *Server) userID(person string) string {
	return deriveDigits(18, s.state.CorpID, "user", person)
}

func (s *Server) unionID(person string) string {
	return base64.RawURLEncoding.EncodeToString(derive(s.state.CorpID, "union", person)[:14]) + "iEiE"
}

// dingtalkID is the opaque id that robot messages name senders and bots by.
func (s *Server) dingtalkID(who string) string {
	return "$:LWCP_v1:$" + base64.StdEncoding.EncodeToString(derive(s.state.CorpID, "lwcp", who)[:18])
}

func (s *Server) botID(a *app) string { return s.dingtalkID("\x00bot" + a.ClientID) }

// unitID is a department's number; the organisation's own is 1.
func (s *Server) unitID(department string) int64 {
	if department == "" {
		return rootUnit
	}
	return 100_000_000 + new(big.Int).Mod(new(big.Int).SetBytes(derive(s.state.CorpID, "unit", department)), big.NewInt(899_999_999)).Int64()
}

func conversation(parts ...string) string {
	return "cid" + base64.StdEncoding.EncodeToString(derive(parts...)[:16])
}

func (s *Server) directChatID(a *app, person string) string {
	return conversation(s.state.CorpID, "direct", a.ClientID, person)
}

func (s *Server) groupID(group string) string { return conversation(s.state.CorpID, "group", group) }

// workChatID is where a person finds work notifications, todoChatID the list of todos.
func (s *Server) workChatID(person string) string {
	return conversation(s.state.CorpID, "work", person)
}

func (s *Server) todoChatID(person string) string {
	return conversation(s.state.CorpID, "todo", person)
}

// oldChatID is a conversation's id on the old host.
func (s *Server) oldChatID(conversationID string) string {
	return "chat" + hex.EncodeToString(derive(s.state.CorpID, conversationID)[:16])
}

// indexPeople lists every id of everybody and of every department once; they never change while the server runs.
func (s *Server) indexPeople() {
	s.byUser, s.byOne, s.byUnit = map[string]string{}, map[string]string{}, map[int64]string{rootUnit: ""}
	for _, p := range s.company.People {
		s.byUser[s.userID(p.ID)] = p.ID
		s.byOne[s.unionID(p.ID)] = p.ID
	}
	for _, d := range s.company.Departments {
		s.byUnit[s.unitID(d.ID)] = d.ID
	}
}

// Kinds of person id that card calls distinguish.
const (
	byUserID  = 1
	byUnionID = 2
)

// personOf finds who an id of a kind means.
func (s *Server) personOf(idType int, id string) (string, bool) {
	index := s.byUser
	if idType == byUnionID {
		index = s.byOne
	}
	p, ok := index[id]
	return p, ok
}

// personID is a person's id of a kind.
func (s *Server) personID(idType int, person string) string {
	if idType == byUnionID {
		return s.unionID(person)
	}
	return s.userID(person)
}

// nameOf is a person's name, or the id itself when nobody has it.
func (s *Server) nameOf(person string) string {
	if p, ok := s.company.Person(person); ok {
		return p.Name
	}
	return person
}
