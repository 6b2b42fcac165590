// Package desk answers in chat what people ask about their own approvals: the lists (待我审批, 我发起的, …), and
// decisions that are written instead of pressed (同意, 转交 @张三, 撤回 …).
//
//	Desk      reads what is stored and answers: a list card, or a command posted to an instance
//	Program   instances of the desk's own: one that asks which of several is meant, one that decides many at once
//
// The desk decides nothing itself. What a person writes becomes the press that they could have made on their card,
// posted as that person: the flow judges it like any press, and the outcome, a refusal too, is told where it was
// written.
package desk
