package wecom

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"magpie/simulator"
)

// field is one element of a callback's XML. Numbers stand bare, text in CDATA.
type field struct {
	name  string
	text  string
	bare  bool
	inner []field
}

func text(name, value string) field           { return field{name: name, text: value} }
func number(name string, value string) field  { return field{name: name, text: value, bare: true} }
func group(name string, inner ...field) field { return field{name: name, inner: inner} }

// document writes fields as the XML that WeCom sends.
func document(fields ...field) []byte {
	var out bytes.Buffer
	writeField(&out, group("xml", fields...))
	return out.Bytes()
}

func writeField(out *bytes.Buffer, f field) {
	out.WriteString("<" + f.name + ">")
	switch {
	case f.inner != nil:
		for _, child := range f.inner {
			writeField(out, child)
		}
	case f.bare:
		_ = xml.EscapeText(out, []byte(f.text)) // a buffer takes everything
	default:
		out.WriteString("<![CDATA[" + strings.ReplaceAll(plainText(f.text), "]]>", "]]]]><![CDATA[>") + "]]>")
	}
	out.WriteString("</" + f.name + ">")
}

// plainText leaves out what XML can't carry.
func plainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}

// event is the XML of an event of one app; from is a userid.
func (s *Server) event(a *app, from, name string, fields ...field) []byte {
	all := []field{text("ToUserName", s.state.CorpID), text("FromUserName", from), number("CreateTime", unix(s.clock.Now())),
		text("MsgType", "event"), text("Event", name)}
	all = append(all, fields...)
	if !a.sync {
		all = append(all, number("AgentID", itoa(a.AgentID)))
	}
	return document(all...)
}

func unix(t time.Time) string { return fmt.Sprint(t.Unix()) }

// said is the XML of a text that a person wrote to an app.
func (s *Server) said(a *app, person, id, words string) []byte {
	return document(text("ToUserName", s.state.CorpID), text("FromUserName", s.userID(person)), number("CreateTime", unix(s.clock.Now())),
		text("MsgType", "text"), text("Content", words), number("MsgId", id), number("AgentID", itoa(a.AgentID)))
}

// Enter opens an app's conversation as a person, which the app is told.
func (s *Server) Enter(person, connection string) error {
	return s.fromPerson(person, connection, func(a *app, user string) []byte {
		return s.event(a, user, "enter_agent", text("EventKey", ""))
	}, "enter_agent")
}

// ClickMenu presses an item of an app's menu as a person.
func (s *Server) ClickMenu(person, connection, key string) error {
	return s.fromPerson(person, connection, func(a *app, user string) []byte {
		return s.event(a, user, "click", text("EventKey", key))
	}, "click")
}

func (s *Server) fromPerson(person, connection string, make func(a *app, user string) []byte, event string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if a == nil || !s.visible(a, person) {
		return fmt.Errorf("%s of %s: %w", connection, person, simulator.ErrNotFound)
	}
	s.emit(a, event, make(a, s.userID(person)))
	return nil
}

// Emit sends an event that happens outside the conversations, such as those of approvals or meetings. The
// connection is an app's, or "contacts"; from is a userid, "sys" for most; inner is the XML behind Event.
func (s *Server) Emit(connection, from, event, inner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.appNamed(connection)
	if connection == s.contacts.ID {
		a = s.contacts
	}
	if a == nil {
		return fmt.Errorf("connection %q: %w", connection, simulator.ErrNotFound)
	}
	if err := wellFormed(inner); err != nil {
		return fmt.Errorf("event %s: %w: %w", event, simulator.ErrInvalid, err)
	}
	body := s.event(a, from, event)
	s.emit(a, event, []byte(strings.TrimSuffix(string(body), "</xml>")+inner+"</xml>"))
	return nil
}

func wellFormed(inner string) error {
	d := xml.NewDecoder(strings.NewReader("<xml>" + inner + "</xml>"))
	for depth := 0; ; {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			if depth--; depth == 0 {
				if _, err := d.Token(); err != io.EOF {
					return fmt.Errorf("goes on after its end")
				}
				return nil
			}
		}
	}
}

// emit sends an event to one app. Callers hold s.mu.
func (s *Server) emit(a *app, event string, body []byte) {
	to, _ := s.endpoint(a.ID)
	s.dispatch(&delivery{to: to, event: event, body: body})
}

// changeContact tells the contact-sync assistant of a change, in the reduced form that callbacks configured
// after 2022-08-15 get. Without a callback nobody is told. Callers hold s.mu.
func (s *Server) changeContact(kind string, fields ...field) {
	if s.contacts.Webhook == "" {
		return
	}
	all := append([]field{text("ChangeType", kind)}, fields...)
	s.emit(s.contacts, "change_contact "+kind, s.event(s.contacts, "sys", "change_contact", all...))
}

// Leave takes a person out of the address book: they left the corp.
func (s *Server) Leave(person string) error {
	return s.change(person, func(userid string) error {
		s.state.Gone[person] = true
		s.changeContact("delete_user", text("UserID", userid))
		for _, a := range s.apps {
			s.emit(a, "unsubscribe", s.event(a, userid, "unsubscribe"))
		}
		return nil
	})
}

// Join puts a person who left back.
func (s *Server) Join(person string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.Gone[person] {
		return fmt.Errorf("person %q has not left: %w", person, simulator.ErrInvalid)
	}
	delete(s.state.Gone, person)
	s.indexPeople()
	s.touch()
	p, _ := s.company.Person(person)
	s.changeContact("create_user", text("UserID", s.userID(person)), text("Department", itoa(s.partyID(s.departmentOf(p)))))
	for _, a := range s.apps {
		if s.visible(a, person) {
			s.emit(a, "subscribe", s.event(a, s.userID(person), "subscribe"))
		}
	}
	return nil
}

// Move puts a person into another department.
func (s *Server) Move(person, department string) error {
	return s.change(person, func(userid string) error {
		if _, there := s.company.Department(department); !there {
			return fmt.Errorf("department %q: %w", department, simulator.ErrNotFound)
		}
		s.state.Moved[person] = department
		s.changeContact("update_user", text("UserID", userid), text("Department", itoa(s.partyID(department))))
		return nil
	})
}

// Rename gives a person another userid.
func (s *Server) Rename(person, userid string) error {
	return s.change(person, func(old string) error {
		if _, taken := s.personOf(userid); taken || userid == "" || len(userid) > 64 {
			return fmt.Errorf("userid %q: %w", userid, simulator.ErrInvalid)
		}
		s.state.UserIDs[person] = userid
		s.changeContact("update_user", text("UserID", old), text("NewUserID", userid))
		return nil
	})
}

func (s *Server) change(person string, apply func(userid string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.employed(person) {
		return fmt.Errorf("person %q: %w", person, simulator.ErrNotFound)
	}
	if err := apply(s.userID(person)); err != nil {
		return err
	}
	s.indexPeople()
	s.touch()
	return nil
}
