package feishu

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// derive makes an id that is the same whenever the same parts meet in the same tenant.
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

// Ids of persons: open_id differs per app, union_id per developer (here: the tenant), user_id per tenant.

func (s *Server) openID(a *app, person string) string {
	return "ou_" + derive(32, s.state.TenantKey, "open", a.AppID, person)
}

func (s *Server) unionID(person string) string {
	return "on_" + derive(32, s.state.TenantKey, "union", person)
}

func (s *Server) userID(person string) string {
	return derive(8, s.state.TenantKey, "user", person)
}

// botID is the bot's own open_id, as its own app sees it.
func (s *Server) botID(a *app) string { return s.openID(a, "\x00bot") }

func (s *Server) unitID(department string) string {
	if department == "" {
		return "0"
	}
	return "od-" + derive(32, s.state.TenantKey, "unit", department)
}

func (s *Server) directChatID(a *app, person string) string {
	return "oc_" + derive(32, s.state.TenantKey, "p2p", a.AppID, person)
}

func (s *Server) groupID(group string) string {
	return "oc_" + derive(32, s.state.TenantKey, "group", group)
}

// userIDs is the triple that events carry.
type userIDs struct {
	UnionID string `json:"union_id"`
	UserID  string `json:"user_id"`
	OpenID  string `json:"open_id"`
}

func (s *Server) idsOf(a *app, person string) userIDs {
	return userIDs{UnionID: s.unionID(person), UserID: s.userID(person), OpenID: s.openID(a, person)}
}

// personOf finds who an id of the given type means to app a. crossApp is true for an open_id of another app
// of this tenant.
func (s *Server) personOf(a *app, idType, id string) (person string, found, crossApp bool) {
	if idType == "email" {
		for _, p := range s.company.People {
			if strings.EqualFold(p.Email, id) {
				return p.ID, true, false
			}
		}
		return "", false, false
	}
	if ref, ok := s.byID[idType+" "+id]; ok && (idType != "open_id" || ref.app == a) {
		return ref.person, true, false
	} else if ok {
		return "", false, true
	}
	return "", false, false
}

type personRef struct {
	app    *app
	person string
}

// indexPeople lists every id of every person once; ids never change while the server runs.
func (s *Server) indexPeople() {
	s.byID = map[string]personRef{}
	for _, p := range s.company.People {
		s.byID["union_id "+s.unionID(p.ID)] = personRef{person: p.ID}
		s.byID["user_id "+s.userID(p.ID)] = personRef{person: p.ID}
		for _, a := range s.apps {
			s.byID["open_id "+s.openID(a, p.ID)] = personRef{a, p.ID}
		}
	}
}

// personID is a person's id of the type that a query asks for.
func (s *Server) personID(a *app, idType, person string) string {
	switch idType {
	case "union_id":
		return s.unionID(person)
	case "user_id":
		return s.userID(person)
	}
	return s.openID(a, person)
}
