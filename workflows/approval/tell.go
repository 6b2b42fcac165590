package approval

import (
	"fmt"
	"slices"
	"strings"

	"magpie/adapters/card"
	"magpie/workflows"
)

var _ workflows.Teller = (*Program)(nil)

// Slots lists the slots of a person's cards, open tasks first. It implements workflows.Teller.
func (p *Program) Slots(in workflows.Instance, person string) ([]string, error) {
	s, err := decodeState(in.State)
	if err != nil {
		return nil, fmt.Errorf("cards of %s: %w", in.ID, err)
	}
	open := map[string]bool{}
	for i := range s.Runs {
		r := &s.Runs[i]
		for k := range r.Seats {
			if x := &r.Seats[k]; x.State == workflows.TaskOpen && r.Node == nodeStart {
				open[slotInitiator] = true
			} else if x.State == workflows.TaskOpen {
				open[slotTask(taskKey(r.Node, r.Round, x.ID, x.Task))] = true
			}
		}
	}
	d := &decider{p: p, in: in, s: s}
	var out []string
	for _, c := range d.shown() {
		switch {
		case person != "" && c.person != person:
		case person != "" && open[c.slot]:
			out = slices.Insert(out, 0, c.slot)
		default:
			out = append(out, c.slot)
		}
	}
	return out, nil
}

// Tell words a trail. It implements workflows.Teller.
func (p *Program) Tell(in workflows.Instance, trail []workflows.Entry) ([]workflows.Told, error) {
	last, err := decodeState(in.State) // of the names: who was looked up late is known by now
	if err != nil {
		return nil, fmt.Errorf("tell of %s: %w", in.ID, err)
	}
	p = p.under(last.Alias)
	t := teller{p: p, s: &state{}, names: last}
	var out []workflows.Told
	for _, e := range trail {
		f, err := readFact(e)
		if err != nil {
			return nil, err
		}
		line, ok := t.tell(f, e.Actor)
		if ok {
			line.At, line.Seq = e.At, e.Seq
			out = append(out, line)
		}
		f.apply(t.s, stampOf(e.At), e.Actor) // after it was told: a seat that moves still has its old person
	}
	return out, nil
}

// teller words facts against the state that they met.
type teller struct {
	p     *Program
	s     *state // as it was before the fact
	names *state
}

func (t teller) node(id string) string {
	if n := t.p.nodes[id]; n != nil && n.name != "" {
		return n.name
	}
	return id
}

func (t teller) list(persons []string) string {
	names := make([]string, len(persons))
	for i, id := range persons {
		names[i] = t.names.name(id)
	}
	return strings.Join(names, "、")
}

// says makes a line in both languages; the arguments are the same for both.
func says(tone card.Tone, zh, en string, args ...any) workflows.Told {
	return workflows.Told{Tone: tone, What: inBoth(fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))}
}

// tell words one fact; false where people need not know of it.
func (t teller) tell(f fact, actor string) (workflows.Told, bool) {
	var line workflows.Told
	switch f := f.(type) {
	case *started:
		line = says(card.Neutral, "打开申请表", "opened the form")
	case *submitted:
		line = says(card.Info, "提交申请", "submitted the request")
	case *entered:
		who := make([]string, len(f.Seats))
		for i, x := range f.Seats {
			who[i] = t.names.name(x.Person)
			if x.For != "" {
				who[i] = fmt.Sprintf(textInPlaceOf, who[i], t.names.name(x.For))
			}
		}
		line = says(card.Info, "到达「%s」，审批人：%s", "reached “%s”; approvers: %s", t.node(f.Node), strings.Join(who, "、"))
		if len(who) > 1 {
			line.What.Default += "（" + modeWords[f.Mode] + "）"
		}
	case *skipped:
		if n := t.p.nodes[f.Node]; n != nil && n.kind != nodeApprove {
			return line, false // nobody was to decide there
		}
		line = says(card.Neutral, "「%s」条件不满足，跳过", "skipped “%s”: its condition does not hold", t.node(f.Node))
		if f.Why == "nobody" {
			line = says(card.Neutral, "「%s」找不到审批人，跳过", "skipped “%s”: no approver was found", t.node(f.Node))
		}
	case *stuck:
		line = says(card.Warning, "「%s」暂时找不到审批人，稍后重试", "no approver for “%s” yet; asked again later", t.node(f.Node))
	case *voted:
		return t.vote(f, actor), true
	case *moved:
		from := ""
		if x := f.in(t.s); x != nil {
			from = x.Person
		}
		line = says(card.Info, "「%s」由%s转给%s", "“%s” went from %s to %s", t.node(f.Node), t.list([]string{from}), t.list([]string{f.To}))
		if f.Why == "escalate" {
			line = says(card.Warning, "「%s」由%s升级给%s", "“%s” was escalated from %s to %s", t.node(f.Node), t.list([]string{from}), t.list([]string{f.To}))
		}
		if f.Why == "proxy" {
			line = says(card.Info, "「%s」由%s的代理人%s处理", "“%[1]s” goes to %[3]s, who decides in the place of %[2]s", t.node(f.Node), t.list([]string{from}), t.list([]string{f.To}))
		}
		if f.Why == "transfer_by_hand" {
			line = says(card.Info, "把「%s」转交给%s", "handed “%s” over to %s", t.node(f.Node), t.list([]string{f.To}))
			if t.names.one(from) != t.names.one(actor) { // an administrator
				line = says(card.Info, "把%[3]s的「%[1]s」转交给%[2]s", "handed “%s” over to %s from %s", t.node(f.Node), t.list([]string{f.To}), t.list([]string{from}))
			}
			line.Note = f.p.Reason
		}
		if f.Why == "left" {
			line = says(card.Info, "%[2]s已离职，「%[1]s」由%[3]s接手", "%[2]s has left; %[3]s takes over “%[1]s”", t.node(f.Node), t.list([]string{from}), t.list([]string{f.To}))
		}
	case *joined:
		line = says(card.Info, "%s和%s是同一个人，以后都是%s", "%s and %s are one person, %s from now on", t.list([]string{f.From}), t.list([]string{f.To}), t.list([]string{f.To}))
	case *edited:
		var names, what []string
		for _, id := range f.Fields {
			x := t.p.byField[id]
			if x == nil || t.p.hidesAny(id) {
				continue // whoever reads this may be somebody from whom it is hidden
			}
			names = append(names, x.label)
			was, is := x.show(f.p.Old[id], t.p.loc, t.names.name), x.show(f.p.New[id], t.p.loc, t.names.name)
			if was != "" || is != "" {
				what = append(what, fmt.Sprintf("%s：%s → %s", x.label, orNone(oneLine(was, 100)), orNone(oneLine(is, 100))))
			}
		}
		line = says(card.Info, "修改了申请", "changed the request")
		if len(names) > 0 {
			line = says(card.Info, "修改了%s", "changed %s", strings.Join(names, "、"))
		}
		line.Note = strings.Join(what, "\n")
	case *commented:
		line = says(card.Neutral, "评论", "commented")
		if len(f.To) > 0 {
			line = says(card.Neutral, "评论并提到%s", "commented and mentioned %s", t.list(f.To))
		}
		line.Note = f.p.Text
	case *delegated:
		line = says(card.Info, "把「%s」委派给%s", "asked %[2]s to look at “%[1]s” first", t.node(f.Node), t.list([]string{f.To}))
		line.Note = f.p.Reason
	case *advised:
		line = says(card.Info, "看过「%s」：同意，交回确认", "looked at “%s” and would approve", t.node(f.Node))
		switch f.Verb {
		case "reject":
			line = says(card.Info, "看过「%s」：不同意，交回确认", "looked at “%s” and would reject", t.node(f.Node))
		case "abstain":
			line = says(card.Info, "看过「%s」：不表态，交回确认", "looked at “%s” and would abstain", t.node(f.Node))
		}
		line.Note = f.p.Reason
	case *added:
		who := make([]string, len(f.Seats))
		for i, x := range f.Seats {
			who[i] = x.Person
		}
		word := map[string][2]string{"before": {"前加签", "before deciding"}, "after": {"后加签", "after agreeing"}, "beside": {"并加签", "at their side"}}[f.How]
		line = says(card.Info, "在「%s」%s：%s", "“%s”, %s, is also for %s", t.node(f.Node), word[0], t.list(who))
		line.What.I18n["en-US"] = fmt.Sprintf("“%s”, %s, is also for %s", t.node(f.Node), word[1], t.list(who))
		line.Note = f.p.Reason
	case *unseated:
		var who []string
		for _, id := range f.Seats {
			if x := (place{f.Node, f.Round, id}).in(t.s); x != nil {
				who = append(who, x.Person)
			}
		}
		line = says(card.Neutral, "在「%s」减签：%s", "“%s” is no longer for %s", t.node(f.Node), t.list(who))
	case *revoking:
		line = says(card.Warning, "申请撤销", "asked to revoke it")
		line.Note = f.p.Reason
	case *revoked:
		line = says(card.Warning, "已撤销", "the request was revoked")
	case *closed:
		if f.Node != nodeRevoke || f.Result == runPassed {
			return line, false
		}
		line = says(card.Neutral, "撤销未获同意，仍为已通过", "it was not revoked: it stays approved")
	case *returned:
		line = t.sentBack(f)
	case *reopened:
		return line, false // told by returned
	case *resubmitted:
		line = t.revised(f)
	case *overdue:
		x := f.in(t.s)
		if x == nil {
			return line, false
		}
		line = says(card.Warning, "%s在「%s」超时未处理", "%s did not decide “%s” in time", t.list([]string{x.Person}), t.node(f.Node))
	case *reminded:
		x := f.in(t.s)
		if x == nil {
			return line, false
		}
		line = says(card.Neutral, "已提醒%s处理「%s」", "reminded %s of “%s”", t.list([]string{x.Person}), t.node(f.Node))
	case *urged:
		var who []string
		for _, at := range f.Seats {
			if x := at.in(t.s); x != nil {
				who = append(who, x.Person)
			}
		}
		line = says(card.Neutral, "催办：%s", "urged %s", t.list(who))
	case *told:
		line = says(card.Neutral, "抄送：%s", "told %s", t.list(f.Persons))
	case *flowed:
		line = says(card.Info, "「%s」发起子流程", "“%s” starts another workflow", t.node(f.Node))
	case *unbegun:
		line = says(card.Warning, "「%s」没能发起子流程", "“%s” could not start the other workflow", t.node(f.Node))
		line.Note = f.p.Text
	case *childEnded:
		line = says(card.Info, "「%[1]s」的子流程%[2]s", "the workflow of “%[1]s” ended: %[3]s", t.node(f.Node), statusWords[f.Status], strings.ToLower(statusEnglish[f.Status]))
	case *recounted:
		line = says(card.Info, "工作日历更新，期限重新计算", "the working calendar changed; deadlines were computed anew")
	case *migrated:
		line = says(card.Info, "流程换到新版本", "the request goes on with a new version of its flow")
	case *ended:
		line = t.end(f)
	case *erased:
		line = says(card.Neutral, "个人信息"+workflows.TextErased, "personal text was deleted on request")
		line.Note = f.Reason
	default: // asked, answered, branched, closed, kept, admitted: how, not what
		return line, false
	}
	if actor != "" {
		line.Who = t.names.name(actor)
	}
	return line, true
}

// vote words a decision, and why there was no press behind it.
func (t teller) vote(f *voted, actor string) workflows.Told {
	line := says(card.Success, "在「%s」同意", "approved “%s”", t.node(f.Node))
	if f.Verb == "reject" {
		line = says(card.Danger, "在「%s」拒绝", "rejected “%s”", t.node(f.Node))
	}
	if f.Sign != "" {
		line = says(card.Success, "在「%s」签名同意", "signed and approved “%s”", t.node(f.Node))
		if sign := f.signature(); sign != nil {
			line.Files = append(line.Files, sign.file())
		}
	}
	if f.Verb == "abstain" {
		line = says(card.Neutral, "在「%s」弃权", "abstained at “%s”", t.node(f.Node))
	}
	who := actor
	if x := f.in(t.s); who == "" && x != nil {
		who = x.Person
	}
	line.Who = t.names.name(who)
	if f.For != "" {
		line.Who = fmt.Sprintf(textInPlaceOf, line.Who, t.names.name(f.For))
	}
	note := map[string][2]string{
		autoSame:    {"（" + textAutoSame + "）", " (had decided before)"},
		autoSelf:    {"（" + textAutoSelf + "）", " (is the initiator)"},
		autoTimeout: {"（超时自动处理）", " (time ran out)"},
	}[f.Auto]
	line.What.Default += note[0]
	line.What.I18n["en-US"] += note[1]
	if f.Auto == "" {
		line.Note = f.p.Reason
	}
	return line
}

// end words how it ended.
func (t teller) end(f *ended) workflows.Told {
	var line workflows.Told
	switch f.Status {
	case workflows.StatusApproved:
		line = says(card.Success, "审批通过", "the request was approved")
	case workflows.StatusRejected:
		line = says(card.Danger, "审批未通过", "the request was rejected")
		if f.Why == "nobody" {
			line = says(card.Danger, "找不到审批人，按流程拒绝", "rejected: no approver was found")
		}
	case workflows.StatusWithdrawn:
		line = says(card.Neutral, "撤回申请", "withdrew the request")
		if f.Why == "canceled" {
			line = says(card.Neutral, "取消填写", "dropped the form")
		}
	case workflows.StatusTerminated:
		line = says(card.Warning, "申请被终止", "the request was terminated")
	case workflows.StatusExpired:
		line = says(card.Neutral, "长时间未提交，草稿已关闭", "the draft was closed: it was not submitted")
	default:
		line = says(card.Neutral, "结束", "ended")
	}
	if f.Why != "rejected" { // that reason stands at the decision already
		line.Note = f.p.Reason
	}
	return line
}
