package wecom

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strings"
	"unicode"

	"magpie/simulator"
)

const alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// derive makes an id that is the same whenever the same parts meet in the same corp.
func derive(length int, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:length]
}

// random returns n hexadecimal digits nobody can guess.
func random(n int) string {
	raw := make([]byte, (n+1)/2)
	_, _ = rand.Read(raw) // never fails, by its contract
	return hex.EncodeToString(raw)[:n]
}

// secret returns n letters and digits nobody can guess, as the console makes them.
func secret(n int) string {
	out := make([]byte, n)
	for i := range out {
		k, _ := rand.Int(rand.Reader, big.NewInt(int64(len(alphanumerics)))) // never fails, by its contract
		out[i] = alphanumerics[k.Int64()]
	}
	return string(out)
}

// number64 returns a decimal number of 64 bits, as MsgId is one.
func number64() string {
	k, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	return k.Add(k, big.NewInt(7_000_000_000_000_000_000)).String()
}

// userID is how the corp's address book calls a person: what the administrator entered. Without a rename it is
// the employee number, or the name in pinyin with capitals, so that clients meet ids in mixed case.
func (s *Server) userID(person string) string {
	if id := s.state.UserIDs[person]; id != "" {
		return id
	}
	p, ok := s.company.Person(person)
	if ok && s.numbers == NumberInUserID {
		return p.EmployeeNo
	}
	return pinyin(person)
}

// pinyin makes Wang.Fang of wang.fang.
func pinyin(person string) string {
	parts := strings.Split(person, ".")
	for i, part := range parts {
		if r := []rune(part); len(r) > 0 {
			parts[i] = string(unicode.ToUpper(r[0])) + string(r[1:])
		}
	}
	return strings.Join(parts, ".")
}

// openUserID is the encrypted id that a sealed robot sees.
func (s *Server) openUserID(person string) string {
	return "T" + derive(31, s.state.CorpID, "open", person)
}

// indexPeople lists every userid once. Callers hold s.mu, or are New.
func (s *Server) indexPeople() {
	s.byUser = map[string]string{}
	for _, p := range s.company.People {
		if !s.state.Gone[p.ID] {
			s.byUser[strings.ToLower(s.userID(p.ID))] = p.ID
		}
	}
}

// personOf finds who a userid means; upper and lower case are the same.
func (s *Server) personOf(userid string) (string, bool) {
	person, ok := s.byUser[strings.ToLower(userid)]
	return person, ok
}

// employed tells whether somebody is in the corp's address book now.
func (s *Server) employed(person string) bool {
	_, there := s.company.Person(person)
	return there && !s.state.Gone[person]
}

// visible tells whether a person is in an app's visible range. The contact-sync assistant sees everybody.
func (s *Server) visible(a *app, person string) bool {
	if !s.employed(person) {
		return false
	}
	for _, p := range a.Unavailable {
		if p == person {
			return false
		}
	}
	return true
}

// The root department is the corp itself; the others count on from it in the company's order.
const rootParty = 1

// partyID is the number of a department; "" is the root.
func (s *Server) partyID(department string) int {
	for i, d := range s.company.Departments {
		if d.ID == department {
			return rootParty + 1 + i
		}
	}
	return rootParty
}

// partyOf finds a department by number; "" is the root.
func (s *Server) partyOf(id int) (string, bool) {
	if id == rootParty {
		return "", true
	}
	if i := id - rootParty - 1; i >= 0 && i < len(s.company.Departments) {
		return s.company.Departments[i].ID, true
	}
	return "", false
}

// departmentOf is where a person works now, after moves.
func (s *Server) departmentOf(p simulator.Person) string {
	if unit, moved := s.state.Moved[p.ID]; moved {
		return unit
	}
	return p.Department
}

// below lists a department and all that are in it.
func (s *Server) below(department string) map[string]bool {
	in := map[string]bool{department: true}
	var collect func(parent string)
	collect = func(parent string) {
		for _, d := range s.company.Children(parent) {
			if !in[d.ID] {
				in[d.ID] = true
				collect(d.ID)
			}
		}
	}
	collect(department)
	return in
}

// Conversations have ids of ours: the API names persons, and only groups that an app made have a chatid.

func directChatID(connection, person string) string { return connection + ":" + person }

func (s *Server) groupID(group string) string {
	return "wr" + derive(30, s.state.CorpID, "group", group)
}
