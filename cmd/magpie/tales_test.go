package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"magpie/simulator"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// tales are stories that one flow in memory can't tell: of versions, of several at once, of what stands in the
// database, of commands, of several suites. A file under testdata/stories has its rule first, then the files of the
// configuration (over the sample's) and the story, which happens on a running Magpie with the three simulated suites:
//
//	# a remark
//	say 采购 by li.lei [in feishu]                   to the bot; in: the suite, the first that they are in without it
//	submit item=键盘 amount=300 by li.lei            the form that they have got
//	press 同意 by han.meimei opinion=可以             on the card that has the button; on 键盘: that says so
//	press once more                                  the press of before, as a new one, whatever the card shows now
//	press 同意 by sun.li, zhao.min at once           all of them at the same moment, each three times
//	deliver 采购 by li.lei 3 times                   the same event of the suite, again and again
//	publish next/purchase.yaml                       a file of the archive replaces the one in the folder
//	tamper UPDATE task SET …                         somebody changes the database behind our back
//	run audit verify                                 a command; ./next is a path of the archive
//	expect exit 1                                    of it
//	expect output 一 … 二                            both of them, in that order; expect no output 三. REQUEST is the
//	                                                 id of the request that was begun last, HEAD what its trail ends with
//	expect told success 已同意                        what was said to the press; at once: to just one of them,
//	expect others told warning … 已同意               and to all others
//	expect card of li.lei [in feishu] says 审批中 … 等待 韩梅梅    one card, in any order; … without 张伟: and not that
//	expect cards 1 of li.lei
//	expect no buttons on card of wang.fang says 键盘
//	expect open leader of han.meimei, finance of wang.fang    of the request that was begun last; on 键盘: of that one
//	expect status approved
//	expect requests 1
//	expect version 2                                 how many different versions the requests are pinned to
type tale struct {
	*live
	sent    map[string]bool // forms that were handed in, by message
	n       atomic.Int64    // events of ours
	press   func() simulator.PressResult
	pressed []simulator.PressResult
	out     string
	exit    int
}

// Every rule that spans more than a flow has a story under testdata/stories.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/stories/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d stories: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tellTale(t, filepath.Base(file), string(src))
		})
	}
}

func tellTale(t *testing.T, name, src string) {
	t.Helper()
	_, files := workflowstest.ParseArchive(src)
	i := slices.IndexFunc(files, func(f workflowstest.Section) bool { return f.Name == "story" })
	if i < 0 {
		t.Fatalf("%s has no story", name)
	}
	x := &tale{live: startDemoOf(t, "webhook", demoSuites, nil), sent: map[string]bool{}}
	for _, f := range files {
		path := filepath.Join(x.dir, filepath.FromSlash(f.Name))
		switch folder := filepath.Dir(f.Name); {
		case f.Name == "story":
			continue
		case folder == "workflows":
			if err := x.publish(filepath.Base(path), []byte(f.Body)); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(f.Body), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for n, line := range strings.Split(files[i].Body, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := x.line(line); err != nil {
			t.Fatalf("%s:%d: %s\n\t%v", name, files[i].Line+n, line, err)
		}
		if t.Failed() {
			t.Fatalf("%s:%d: %s", name, files[i].Line+n, line)
		}
	}
}

// who reads "li.lei in dingtalk": the person, and the people of the suite.
func (x *tale) who(text string) (string, persons) {
	person, suite, ok := strings.Cut(strings.TrimSpace(text), " in ")
	if ok {
		return person, x.in(suite)
	}
	return person, x.whose(person)
}

// words are the texts of "一 … 二".
func words(text string) []string {
	var out []string
	for _, w := range strings.Split(text, "…") {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

func (x *tale) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	before, by, _ := strings.Cut(rest, " by ")
	switch word {
	case "say":
		person, p := x.who(by)
		p.say(person, before)
		return nil
	case "submit":
		person, p := x.who(by)
		form := map[string]any{}
		for k, v := range inputs(before) {
			form[k] = v
		}
		var m simulator.Message
		eventually(x.t, person+" has a form", func() bool {
			for _, c := range p.cards(person) {
				if hasButton(c, "提交") && !x.sent[c.ID] { // the card of the form before may be about to change
					m = c
				}
			}
			return m.ID != ""
		}, func() string { return p.seen(person) })
		x.sent[m.ID] = true
		x.does(func() simulator.PressResult { return p.press(person, m, "提交", form) })
		return nil
	case "press":
		return x.presses(before, by)
	case "deliver":
		return x.deliver(before, by)
	case "publish":
		src, err := os.ReadFile(filepath.Join(x.dir, filepath.FromSlash(rest)))
		if err != nil {
			return err
		}
		return x.publish(filepath.Base(rest), src)
	case "tamper":
		return x.tamper(rest)
	case "run":
		return x.run(rest)
	case "expect":
		return x.expect(rest)
	}
	return fmt.Errorf("%q is not known", word)
}

// inputs reads "item=键盘 amount=300".
func inputs(text string) map[string]string {
	out := map[string]string{}
	last := ""
	for _, w := range strings.Fields(text) {
		if k, v, ok := strings.Cut(w, "="); ok {
			last, out[k] = k, v
		} else if last != "" {
			out[last] += " " + w
		}
	}
	return out
}

func (x *tale) does(press func() simulator.PressResult) {
	x.press, x.pressed = press, []simulator.PressResult{press()}
}

// presses reads "同意 [on 键盘]" and "han.meimei [in dingtalk] opinion=可以", or "sun.li, zhao.min at once".
func (x *tale) presses(button, by string) error {
	if button == "once more" {
		if x.press == nil {
			return errors.New("nothing was pressed before")
		}
		x.pressed = []simulator.PressResult{x.press()}
		return nil
	}
	button, on, _ := strings.Cut(button, " on ")
	by, together := strings.CutSuffix(by, " at once")
	if !together {
		who, opinion, given := strings.Cut(by, " opinion=")
		person, p := x.who(who)
		form := map[string]any{}
		if given {
			form["opinion"] = opinion
		}
		m := p.cardWith(person, button, words(on)...)
		x.does(x.replay(person, p, m, button, form))
		return nil
	}
	var presses []func() simulator.PressResult
	for _, who := range strings.Split(by, ",") {
		person, p := x.who(who)
		m := p.cardWith(person, button, words(on)...)
		for range 3 {
			presses = append(presses, x.replay(person, p, m, button, nil))
		}
	}
	x.pressed = make([]simulator.PressResult, len(presses))
	var all sync.WaitGroup
	start := make(chan struct{})
	for i, press := range presses {
		all.Go(func() {
			<-start
			x.pressed[i] = press()
		})
	}
	close(start)
	all.Wait()
	return nil
}

// replay is a press of a button as it stood on a card, which can be done again when the card shows it no more. Each is
// an event of its own. Only Feishu's wire is spoken here by hand; elsewhere the button must still be there.
func (x *tale) replay(person string, p persons, m simulator.Message, button string, form map[string]any) func() simulator.PressResult {
	if p.sim.Name() != "feishu" {
		return func() simulator.PressResult { return p.press(person, m, button, form) }
	}
	w := newWire(x.t, p.sim, x.base)
	value := valueOf(x.t, m, button)
	return func() simulator.PressResult {
		a := w.send(w.pressing(fmt.Sprint("tale-", x.n.Add(1)), person, m, value, form))
		r := simulator.PressResult{Status: "ok"}
		if a.status != 200 {
			r.Status = fmt.Sprint("failed ", a.status)
		}
		if a.toast != (simulator.Toast{}) {
			r.Toast = &a.toast
		}
		return r
	}
}

// deliver reads "采购" and "li.lei 3 times": one event of Feishu's, at the same moment and then once more.
func (x *tale) deliver(text, by string) error {
	var person string
	var times int
	if _, err := fmt.Sscanf(by, "%s %d times", &person, &times); err != nil || times < 2 {
		return errors.New("deliver TEXT by PERSON N times")
	}
	w := newWire(x.t, x.in("feishu").sim, x.base)
	chats := w.sim.Chats(person)
	if len(chats) == 0 {
		return fmt.Errorf("%s is not in Feishu", person)
	}
	body := w.saying("tale-"+person, person, chats[0].ID, text)
	var all sync.WaitGroup
	for range times - 1 {
		all.Go(func() { w.send(body) })
	}
	all.Wait()
	w.send(body)
	return nil
}

// publish puts a workflow in force.
func (x *tale) publish(file string, src []byte) error {
	if prog, _, ps := compileSource(file, src, x.app.live.Get().project.env); prog == nil {
		return ps
	}
	if err := os.WriteFile(filepath.Join(x.dir, "workflows", file), src, 0o600); err != nil {
		return err
	}
	eventually(x.t, file+" is in force", func() bool {
		for _, p := range x.app.live.Get().project.programs {
			if bytes.Equal(p.Definition().Source, src) {
				return true
			}
		}
		return false
	}, func() string { return tail(x.log.String(), 2000) })
	return nil
}

// run runs a command on the folder. Paths of the archive begin with "./".
func (x *tale) run(line string) error {
	args := strings.Fields(x.named(line))
	for i, a := range args {
		if strings.HasPrefix(a, "./") {
			args[i] = filepath.Join(x.dir, filepath.FromSlash(a))
		}
	}
	out, err := x.command(args...)
	x.out, x.exit = out, exitGood
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		x.exit = exitUsage
	case err != nil:
		x.exit = exitBad
	}
	if err != nil && !errors.Is(err, errBad) {
		x.out += err.Error()
	}
	return nil
}

// named puts in what the request that was begun last is called, and what its trail ends with.
func (x *tale) named(text string) string {
	if !strings.Contains(text, "REQUEST") && !strings.Contains(text, "HEAD") {
		return text
	}
	in, err := x.request("")
	if err == nil {
		in, err = x.app.Store().LoadInstance(x.t.Context(), in.ID)
	}
	if err != nil {
		x.t.Error(err)
	}
	return strings.NewReplacer("REQUEST", in.ID, "HEAD", in.Head).Replace(text)
}

// request is the instance of a workflow that was begun last, or the last of those whose title says something.
func (x *tale) request(says string) (workflows.Instance, error) {
	list, err := x.requests()
	if err != nil {
		return workflows.Instance{}, err
	}
	for _, in := range list { // the newest first
		if strings.Contains(in.Title, says) {
			return in, nil
		}
	}
	return workflows.Instance{}, fmt.Errorf("no request says %q: %v", says, list)
}
