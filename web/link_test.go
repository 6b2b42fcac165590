package web_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"magpie/web"
)

var (
	key = bytes.Repeat([]byte("k"), 32)
	now = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)
)

func sample() web.Link {
	return web.Link{
		Slot: "38g0pk13vn3gck32f3qv6nz7v3/task/leader/1/s1", Person: "han.meimei", Verb: "approve", Login: "wecom-main", Expires: web.Expiry(now),
	}
}

func TestTokenTellsWhatItWasMadeOf(t *testing.T) {
	t.Parallel()
	s := web.NewSigner(key, "link")
	long := strings.Repeat("长", 85)
	for name, l := range map[string]web.Link{
		"all parts":  sample(),
		"no verb":    {Slot: "i/initiator", Person: "li.lei", Expires: web.Expiry(now)},
		"long parts": {Slot: long, Person: long, Verb: long, Login: long, Expires: web.Expiry(now)},
	} {
		token := s.Token(l)
		if len(token) > web.MaxToken {
			t.Errorf("%s: %d characters, more than MaxToken", name, len(token))
		}
		if got, err := s.Open(token, now); err != nil || got != l {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, l)
		}
	}
	if n := len(s.Token(sample())); n > 150 {
		t.Errorf("a usual token has %d characters", n)
	}
	if token := s.Token(web.Link{Slot: long + "x", Person: "p"}); token != "" {
		t.Errorf("a part of 256 bytes gives %q", token)
	}
	if a, b := web.Expiry(now), web.Expiry(now.Add(20*time.Minute)); !a.Equal(b) || a.Sub(now) < web.LinkLife {
		t.Errorf("links of one half hour end at %s and %s", a, b)
	}
}

func TestTokensThatOpenNothing(t *testing.T) {
	t.Parallel()
	s := web.NewSigner(key, "link")
	good := s.Token(sample())
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw { // whatever byte is changed
		b := bytes.Clone(raw)
		b[i] ^= 1
		if _, err := s.Open(base64.RawURLEncoding.EncodeToString(b), now); !errors.Is(err, web.ErrBadLink) {
			t.Fatalf("with byte %d changed: %v", i, err)
		}
	}
	for n := range raw { // however much is cut
		if _, err := s.Open(base64.RawURLEncoding.EncodeToString(raw[:n]), now); !errors.Is(err, web.ErrBadLink) {
			t.Fatalf("with %d bytes: %v", n, err)
		}
	}
	for name, open := range map[string]func() error{
		"another key": func() error {
			_, err := web.NewSigner(bytes.Repeat([]byte("x"), 32), "link").Open(good, now)
			return err
		},
		"another use":  func() error { _, err := web.NewSigner(key, "session").Open(good, now); return err },
		"the zero key": func() error { _, err := (web.Signer{}).Open(good, now); return err },
		"padding":      func() error { _, err := s.Open(good+"=", now); return err },
		"a line break": func() error { _, err := s.Open(good[:20]+"\n"+good[20:], now); return err },
		"too long":     func() error { _, err := s.Open(strings.Repeat("A", web.MaxToken+1), now); return err },
		"empty":        func() error { _, err := s.Open("", now); return err },
		"without person": func() error {
			_, err := s.Open(s.Token(web.Link{Slot: "x", Expires: web.Expiry(now)}), now)
			return err
		},
	} {
		if err := open(); !errors.Is(err, web.ErrBadLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	l, err := s.Open(good, sample().Expires)
	if !errors.Is(err, web.ErrLinkExpired) || l != sample() {
		t.Errorf("at its end: %+v %v", l, err)
	}
}

func FuzzOpen(f *testing.F) {
	s := web.NewSigner(key, "link")
	f.Add(s.Token(sample()))
	f.Add(s.Token(web.Link{Slot: "a", Person: "b"}))
	f.Add("")
	f.Add("AQAAAAA")
	f.Fuzz(func(t *testing.T, token string) {
		l, err := s.Open(token, now)
		if errors.Is(err, web.ErrBadLink) {
			return
		}
		if again := s.Token(l); again != token { // one link, one token
			t.Errorf("%q opens as %+v, whose token is %q", token, l, again)
		}
	})
}
