package desk

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

var at = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

// bench runs one instance of the desk.
type bench struct {
	*testing.T
	in      workflows.Instance
	effects []workflows.Effect
}

func (b *bench) do(ev event.Event) error {
	b.Helper()
	out, err := Program{}.Step(b.in, ev, at)
	if err != nil {
		return err
	}
	if b.effects = out.Effects; out.Instance != nil {
		rev := b.in.Rev
		b.in = *out.Instance
		b.in.Rev = rev + 1
	}
	return nil
}

// begun starts an instance as the desk does.
func begun(t *testing.T, mode string, o order, titles ...string) *bench {
	t.Helper()
	var list []found
	for i, title := range titles {
		list = append(list, found{instance: "i" + string(rune('1'+i)), slot: "i" + string(rune('1'+i)) + "/task/leader/1/0", title: title})
	}
	ev := event.Event{ID: "e1", Connection: "c", Actor: event.Actor{Person: "han.meimei", Type: event.ActorUser}}
	post := begin(ev, mode, o, list).(workflows.Post)
	if post.As != "han.meimei" || post.Start != ProgramID || post.StartKey != "c/e1" {
		t.Fatalf("posted %+v", post)
	}
	b := &bench{T: t, in: workflows.Instance{ID: "d1"}}
	if err := b.do(event.Event{Kind: event.KindStart, Actor: ev.Actor, Body: post.Body}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) posts() (out []workflows.Post) {
	for _, e := range b.effects {
		if p, ok := e.(workflows.Post); ok {
			out = append(out, p)
		}
	}
	return out
}

func (b *bench) text() string {
	for _, e := range b.effects {
		if s, ok := e.(workflows.SendText); ok && s.To.Person == "han.meimei" && s.To.Connection == "c" {
			return s.Text.Default
		}
	}
	return ""
}

func (b *bench) answered(key, result, text string) {
	b.Helper()
	if err := b.do(event.Event{Kind: event.KindAnswer, Actor: event.Actor{Type: event.ActorSystem}, Body: &event.Answer{Key: key, Result: result, Text: text}}); err != nil {
		b.Fatal(err)
	}
}

// Each of a batch is a command of its own with its own result, and they are summed up in one text.
func TestBatchIsSummedUp(t *testing.T) {
	t.Parallel()
	b := begun(t, "batch", order{Verb: "approve", Done: "同意", Opinion: "好", Batch: true}, "键盘", "显示器", "合同", "椅子")
	posts := b.posts()
	if len(posts) != 4 {
		t.Fatalf("%d posts", len(posts))
	}
	for i, p := range posts {
		a := p.Body.(*event.Action)
		if p.As != "han.meimei" || !p.Answer || a.Slot != "task/leader/1/0" || a.Verb != "approve" || a.Form["opinion"].Text != "好" || a.Data[workflows.InBatch] == "" {
			t.Errorf("post %d is %+v, %+v", i, p, a)
		}
	}
	b.answered("2", "refused:"+workflows.InBatch, "这一步要单独处理")
	b.answered("0", "stepped", "已同意")
	b.answered("1", "refused:already_decided", "王芳 09:20 已同意")
	b.answered("9", "stepped", "") // of nothing that was asked
	if b.text() != "" || b.in.Status != workflows.StatusRunning {
		t.Fatalf("told %q before all was known", b.text())
	}
	b.answered("3", "stepped", "已同意")
	want := "2 项已同意，1 项要单独处理：\n合同，1 项失败：\n显示器（王芳 09:20 已同意）"
	if got := b.text(); got != want {
		t.Errorf("told %q\nwant %q", got, want)
	}
	if b.in.Status != workflows.StatusDone {
		t.Errorf("it is %s", b.in.Status)
	}
	if b.answered("3", "stepped", ""); b.text() != "" {
		t.Error("told twice")
	}
}

// An answer that does not come holds nothing up for ever.
func TestBatchWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	b := begun(t, "batch", order{Verb: "reject", Done: "拒绝", Opinion: "否"}, "键盘", "显示器")
	b.answered("0", "stepped", "已拒绝")
	if err := b.do(event.Event{Kind: event.KindTimer, Body: &event.Timer{Name: "end", Generation: 1}}); err != nil {
		t.Fatal(err)
	}
	if got := b.text(); got != "1 项已拒绝，1 项还没有结果：\n显示器" {
		t.Errorf("told %q", got)
	}
}

func press(who, item, opinion string) event.Event {
	a := &event.Action{Slot: "pick", Verb: "go", Form: map[string]event.Value{"item": event.Text(item)}}
	if opinion != "" {
		a.Form["opinion"] = event.Text(opinion)
	}
	return event.Event{Kind: event.KindCardAction, Actor: event.Actor{Person: who, Type: event.ActorUser}, Body: a}
}

// A choice carries the command on; nobody else makes it, and not twice, but one that was refused is made again.
func TestPick(t *testing.T) {
	t.Parallel()
	b := begun(t, "pick", order{Verb: "reject", Done: "拒绝"}, "键盘", "显示器")
	refused := func(ev event.Event, code string) {
		t.Helper()
		var no *workflows.Refusal
		if err := b.do(ev); !errors.As(err, &no) || no.Code != code {
			t.Errorf("it was %v, want %s", err, code)
		}
	}
	view := func() PickView {
		t.Helper()
		_, v, ok, err := Program{}.Card(b.in, "pick", at)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return v.(PickView)
	}
	if v := view(); !v.Ask || len(v.Options) != 2 || v.Chosen != "" {
		t.Errorf("the card is %+v", v)
	}
	refused(press("li.lei", "i1/task/leader/1/0", ""), "not_yours")
	refused(press("han.meimei", "i7/task/leader/1/0", ""), "invalid_form")
	if err := b.do(press("han.meimei", "i2/task/leader/1/0", "")); err != nil {
		t.Fatal(err)
	}
	first := b.posts()
	if len(first) != 1 || first[0].Instance != "i2" {
		t.Fatalf("posted %+v", first)
	}
	refused(press("han.meimei", "i1/task/leader/1/0", ""), "already_decided")
	b.answered(first[0].Key, "refused:reason_required", "请填写拒绝理由")
	if v := view(); v.Problem != "显示器：请填写拒绝理由" || v.Chosen != "" || v.Ended {
		t.Errorf("after it was refused the card is %+v", v)
	}
	if err := b.do(press("han.meimei", "i2/task/leader/1/0", "太贵")); err != nil {
		t.Fatal(err)
	}
	second := b.posts()
	if len(second) != 1 || second[0].Key == first[0].Key || second[0].Body.(*event.Action).Form["opinion"].Text != "太贵" {
		t.Fatalf("posted %+v", second)
	}
	b.answered(second[0].Key, "stepped", "已拒绝")
	if got := b.text(); got != "已拒绝：显示器" {
		t.Errorf("told %q", got)
	}
	if v := view(); v.Result != "已拒绝" || v.Chosen != "显示器" || !v.Ended {
		t.Errorf("at the end the card is %+v", v)
	}
	refused(press("han.meimei", "i1/task/leader/1/0", ""), "already_decided")
}

// A start that pretends to be somebody else's is none.
func TestStartIsItsPersons(t *testing.T) {
	t.Parallel()
	s := deskState{Mode: "batch", Person: "boss", Items: []item{{Slot: "i/task/a/1/0"}}}
	b := &bench{T: t, in: workflows.Instance{ID: "d1"}}
	var no *workflows.Refusal
	err := b.do(event.Event{Kind: event.KindStart, Actor: event.Actor{Person: "li.lei"}, Body: &event.Start{Form: map[string]event.Value{"state": event.Text(string(workflows.Data(s)))}}})
	if !errors.As(err, &no) {
		t.Errorf("it was %v", err)
	}
}

// Whatever a state says, the card is drawn or refused, and reads back the same.
func FuzzState(f *testing.F) {
	f.Add(`{"mode":"pick","person":"a","order":{"verb":"approve","done":"同意"},"items":[{"slot":"i/task/x","title":"t"}],"chosen":1}`)
	f.Add(`{"mode":"batch","items":[]}`)
	f.Add(`{}`)
	f.Fuzz(func(t *testing.T, text string) {
		var s deskState
		if json.Unmarshal([]byte(text), &s) != nil || s.Chosen > len(s.Items) || s.Chosen < 0 {
			return
		}
		in := workflows.Instance{ID: "d1", Rev: 1, State: workflows.Data(s)}
		if _, _, _, err := (Program{}).Card(in, "pick", at); err != nil {
			t.Fatal(err)
		}
		var again deskState
		if err := json.Unmarshal(workflows.Data(s), &again); err != nil {
			t.Fatal(err)
		}
		if a, b := string(workflows.Data(s)), string(workflows.Data(again)); a != b && !strings.Contains(text, "\\u") {
			t.Errorf("%s became %s", a, b)
		}
	})
}
