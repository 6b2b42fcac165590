package link

import (
	"fmt"

	"magpie/adapters/card"
)

// text is what a person is told, in both languages; the same arguments go into both.
func text(zh, en string, args ...any) card.Text {
	return card.Text{Default: fmt.Sprintf(zh, args...), I18n: map[string]string{"en-US": fmt.Sprintf(en, args...)}}
}

func textCode(code string) card.Text {
	return text("你的绑定码是 %[1]s，10 分钟内有效，只能用一次。\n请在另一个办公软件里私聊我，发送：绑定 %[1]s\n不要把它告诉别人：谁用了它，谁就能以你的身份审批。",
		"Your code is %[1]s. It is good for 10 minutes, once.\nIn your other suite, write to me: 绑定 %[1]s\nDo not tell it to anybody: whoever uses it can act as you.", code)
}

func textInPrivate() card.Text {
	return text("绑定账号请和我私聊，不要在群里。", "Please link accounts in a chat with me alone, not in a group.")
}

func textSeen() card.Text {
	return text("绑定码不能发在群里，刚才那个已经作废。请私聊我发送「绑定」，重新取一个。",
		"A code must not be written in a group; that one is void now. Write 绑定 to me alone for a new one.")
}

func textWrong(left int) card.Text {
	return text("绑定码不对。请核对后再试，还可以试 %d 次；也可以在另一个办公软件里私聊我发送「绑定」，重新取一个。",
		"That code is wrong. You can try %d more times, or write 绑定 to me in your other suite for a new one.", left)
}

func textExpired() card.Text {
	return text("这个绑定码已经过期。请在另一个办公软件里私聊我发送「绑定」，重新取一个。",
		"That code has expired. Write 绑定 to me in your other suite for a new one.")
}

func textUsed() card.Text {
	return text("这个绑定码已经用过了，只能用一次。请在另一个办公软件里私聊我发送「绑定」，重新取一个。",
		"That code was used already; it works once. Write 绑定 to me in your other suite for a new one.")
}

func textTooMany(clock string) card.Text {
	return text("试得太多了，请 %s 以后再试，或者联系管理员。", "Too many tries. Please wait until %s, or ask your administrator.", clock)
}

func textSameSuite(suite string) card.Text {
	return text("这个绑定码是在%s取的，要在另一个办公软件里用。", "This code comes from %s; it is to be used in another suite.", suite)
}

func textTwoPersons() card.Text {
	return text("通讯录里这两个账号是不同的人（工号不同，或在同一个办公软件里各有账号），不能这样绑定。如果确实都是你，请联系管理员。",
		"By the directory these are accounts of two people, so they can't be linked this way. If both are yours, please ask your administrator.")
}

func textNobody() card.Text {
	return text("两边的账号都还没有关联到公司人员，请联系管理员。", "Neither account belongs to a known employee. Please ask your administrator.")
}

func textNoAccount() card.Text {
	return text("通讯录里还没有这个账号，请稍后再试，或者联系管理员。", "This account is not in the directory yet. Please try again later, or ask your administrator.")
}

func textLinked(name, suite string) card.Text {
	return text("绑定好了：这里和%[2]s的账号都是「%[1]s」。以后想让卡片发到哪边，就在哪边对我说「在这里收」。\n如果这不是你，请马上联系管理员。",
		"Done: your accounts here and in %[2]s are both %[1]s. To have your cards in one of them, write 在这里收 to me there.\nIf this is not you, tell your administrator at once.", name, suite)
}

func textToldOther(name, suite string) card.Text {
	return text("你的绑定码已在%[2]s使用，那边的账号现在也是「%[1]s」。如果不是你本人操作，请马上联系管理员。",
		"Your code was used in %[2]s; the account there is %[1]s now, too. If that was not you, tell your administrator at once.", name, suite)
}

func textHere(suite string) card.Text {
	return text("好的，以后给你的卡片都发到%s。", "Your cards will come to %s from now on.", suite)
}

func textOnlyHere(suite string) card.Text {
	return text("你只有%s这一个账号，卡片本来就发到这里。要关联另一个办公软件的账号，请私聊我发送「绑定」。",
		"This account in %s is your only one, so your cards come here anyway. To link another, write 绑定 to me alone.", suite)
}
