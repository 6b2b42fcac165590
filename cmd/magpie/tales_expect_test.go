package main

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"magpie/simulator"
	"magpie/store"
	"magpie/workflows"
	"magpie/workflows/desk"
)

func (x *tale) expect(line string) error {
	line = x.named(line)
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "exit":
		return x.equal("it ended with", strconv.Itoa(x.exit)+" "+x.out, func() bool { return strconv.Itoa(x.exit) == rest })
	case word == "output":
		return x.equal("it says", x.out, func() bool { return inOrder(x.out, words(rest)) })
	case strings.HasPrefix(line, "no output "):
		return x.equal("it says", x.out, func() bool { return !inOrder(x.out, words(strings.TrimPrefix(line, "no output "))) })
	case word == "told":
		return x.told(words(rest))
	case strings.HasPrefix(line, "others told "):
		return x.othersTold(words(strings.TrimPrefix(line, "others told ")))
	case strings.HasPrefix(line, "card of "):
		who, says, _ := strings.Cut(strings.TrimPrefix(line, "card of "), " says ")
		says, without, _ := strings.Cut(says, " without ")
		person, p := x.who(who)
		eventually(x.t, fmt.Sprintf("%s has one card that says %s, and not %s", person, says, without), func() bool {
			m := p.cards(person, words(says)...)
			return len(m) == 1 && (without == "" || !strings.Contains(m[0].Text, without))
		}, func() string { return p.seen(person) })
		return nil
	case strings.HasPrefix(line, "no buttons on card of "):
		who, says, _ := strings.Cut(strings.TrimPrefix(line, "no buttons on card of "), " says ")
		person, p := x.who(who)
		eventually(x.t, person+" has a card without buttons", func() bool {
			m := p.cards(person, words(says)...)
			return len(m) == 1 && !slices.ContainsFunc(m[0].Buttons, func(b simulator.Button) bool { return b.URL == "" && !b.Disabled })
		}, func() string { return p.seen(person) })
		return nil
	case word == "cards":
		n, who, _ := strings.Cut(rest, " of ")
		person, p := x.who(who)
		x.settle()
		return x.equal("there are", p.seen(person), func() bool { return strconv.Itoa(len(p.cards(person))) == n })
	case word == "requests":
		x.settle()
		list, err := x.requests()
		return cmp.Or(err, x.equal("there are", fmt.Sprint(len(list)), func() bool { return strconv.Itoa(len(list)) == rest }))
	case word == "versions":
		list, err := x.requests()
		seen := map[string]bool{}
		for _, in := range list {
			seen[in.Hash] = true
		}
		return cmp.Or(err, x.equal("there are", fmt.Sprint(len(seen)), func() bool { return strconv.Itoa(len(seen)) == rest }))
	case word == "open", word == "status":
		return x.stands(word, rest)
	}
	return fmt.Errorf("%q is not known", word)
}

func (x *tale) equal(what, got string, holds func() bool) error {
	if holds() {
		return nil
	}
	return fmt.Errorf("%s %s", what, got)
}

// inOrder reports whether a text says one word after the other.
func inOrder(text string, words []string) bool {
	for _, w := range words {
		_, rest, ok := strings.Cut(text, w)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// slow is an answer that a busy machine gives: what came of the press is seen on the cards.
func slow(r simulator.PressResult) bool { return r.Toast != nil && r.Toast.Type == "info" }

// told wants one press to have been told some words: the only one that counts.
func (x *tale) told(want []string) error {
	n, waits := 0, 0
	for _, r := range x.pressed {
		switch {
		case slow(r):
			waits++
		case inOrder(toastText(r.Toast), want):
			n++
		}
	}
	if n == 1 || n == 0 && waits > 0 {
		return nil
	}
	return fmt.Errorf("%d were told so: %s", n, x.answers())
}

// othersTold wants all presses but one to have been told some words.
func (x *tale) othersTold(want []string) error {
	other := 0
	for _, r := range x.pressed {
		if !slow(r) && !inOrder(toastText(r.Toast), want) {
			other++
		}
	}
	if len(x.pressed) > 1 && other <= 1 {
		return nil
	}
	return fmt.Errorf("%d were told otherwise: %s", other, x.answers())
}

func (x *tale) answers() string {
	var all []string
	for _, r := range x.pressed {
		all = append(all, r.Status+" "+toastText(r.Toast))
	}
	return strings.Join(all, "; ")
}

// requests are the instances of workflows, the newest first.
func (x *tale) requests() ([]workflows.Instance, error) {
	list, err := x.app.Store().Instances(x.t.Context(), store.InstanceFilter{})
	return slices.DeleteFunc(list, func(in workflows.Instance) bool { return in.Definition == desk.ProgramID }), err
}

// settle waits until everything that was said is handled and everything that is to be said has left.
func (x *tale) settle() {
	x.t.Helper()
	x.nothingMore()
}

// stands reads "leader of han.meimei, finance of wang.fang [on 键盘]", or "approved".
func (x *tale) stands(what, rest string) error {
	want, on, _ := strings.Cut(rest, " on ")
	got := ""
	var err error
	inTime(patience, func() bool {
		var in workflows.Instance
		if in, err = x.request(on); err != nil {
			return false
		}
		if got = string(in.Status); what == "open" {
			var list []workflows.Task
			list, err = x.app.Store().TasksOf(x.t.Context(), in.ID)
			var open []string
			for _, k := range list {
				if k.State == workflows.TaskOpen {
					open = append(open, k.Node+" of "+k.Person)
				}
			}
			got = strings.Join(open, ", ")
		}
		return err == nil && got == strings.TrimPrefix(want, "nothing")
	})
	return cmp.Or(err, x.equal("it is", got, func() bool { return got == strings.TrimPrefix(want, "nothing") }))
}

// tamper changes the database behind our back. It must hit something, or the story proves nothing.
func (x *tale) tamper(statement string) (err error) {
	db, err := sql.Open("sqlite", filepath.Join(x.dir, "magpie.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, err := db.ExecContext(x.t.Context(), statement)
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("%d rows were changed: %v", n, err)
	}
	return nil
}
