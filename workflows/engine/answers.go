package engine

import (
	"context"

	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/workflows"
)

// What the engine itself says to people; everything else comes from programs and templates.
var (
	textNotOurs = card.Text{Default: "这张卡片不是我发的，或者已经改过了，请重新发起", I18n: map[string]string{
		"en-US": "This card is not mine, or it has been altered. Please start again."}}
	textGone = card.Text{Default: "这件事已经找不到了，可能已被清理", I18n: map[string]string{
		"en-US": "This can no longer be found; it may have been cleaned up."}}
	textNoFlow = card.Text{Default: "没有这个流程了，请联系管理员", I18n: map[string]string{
		"en-US": "There is no such flow any more. Please ask your administrator."}}
	textFailed = card.Text{Default: "出了意外，没有办成；管理员会看到", I18n: map[string]string{
		"en-US": "Something went wrong and it was not done; an administrator will see it."}}
	textStranger = card.Text{Default: "我还不认识你：你的账号没有和公司人员关联，请联系管理员", I18n: map[string]string{
		"en-US": "I do not know you yet: your account is not linked to a person. Please ask your administrator."}}
	// textStrangerWrites tells whoever writes also what they can do about it themselves.
	textStrangerWrites = card.Text{Default: textStranger.Default + "。如果你在另一个办公软件里已经能用，在那边私聊我发送「绑定」，可以自己关联", I18n: map[string]string{
		"en-US": textStranger.In("en-US") + " If I know you in another suite, write 绑定 to me there to link this account yourself."}}
)

func toast(kind card.ToastKind, t card.Text) *card.Toast { return &card.Toast{Kind: kind, Text: t} }

// stranger answers an account that no person is linked to.
func (c *command) stranger(ctx context.Context) (Result, error) {
	if c.ev.Kind == event.KindCardAction || c.ev.Conv == nil && c.ev.Actor.Ref.IsZero() {
		return c.finish(ctx, "refused:unknown_person", toast(card.ToastWarning, textStranger))
	}
	c.instance = ""
	w := &work{commit: workflows.Commit{Now: c.e.now()}, effects: []workflows.Effect{
		workflows.SendText{Key: "stranger", To: c.sender(), Text: textStrangerWrites, ReplyTo: messageOf(c.ev)},
	}}
	return c.commit(ctx, w)
}

// sender is where the event came from: the conversation, or the account when there is none (a menu).
func (c *command) sender() workflows.To {
	if c.ev.Conv == nil {
		return workflows.To{Connection: c.ev.Connection, Conv: c.ev.Actor.Ref}
	}
	return workflows.To{Connection: c.ev.Connection, Conv: c.ev.Conv.Ref}
}

// messageOf is the message that an answer replies to; nil when the event is none.
func messageOf(ev event.Event) *event.Ref {
	if m, ok := ev.Body.(*event.Message); ok && !m.Ref.IsZero() {
		return &m.Ref
	}
	return nil
}

// fall asks the fallback program, which keeps no instance: what can I do here?
func (c *command) fall(ctx context.Context) (Result, error) {
	if c.rt.fallback == nil {
		return c.finish(ctx, "ignored", nil)
	}
	if _, ok := c.rt.fallback.Correlate(c.ev); !ok {
		return c.finish(ctx, "ignored", nil)
	}
	w := &work{commit: workflows.Commit{Now: c.e.now()}}
	out, err := c.rt.fallback.Step(workflows.Instance{}, c.ev, w.commit.Now)
	if err != nil {
		return Result{}, &fatal{err}
	}
	w.effects, w.toast = out.Effects, out.Toast
	return c.commit(ctx, w)
}
