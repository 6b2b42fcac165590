package desk

import (
	"strings"

	"magpie/adapters/card"
)

const proxyUsage = "例如：代理 给 张三 从 10月1日 到 10月8日；还可以写 流程 采购申请、不超过 5000、含待办。取消：代理 取消"

func textNoProxies() card.Text {
	return text("这里还不能设置代理，请联系管理员", "Proxies can't be set here; please ask your administrator")
}

func textProxies(mine, others []string) card.Text {
	var zh, en []string
	if len(mine) > 0 {
		zh, en = append(zh, "代你审批的：\n"+strings.Join(mine, "\n")), append(en, "In your place decide:\n"+strings.Join(mine, "\n"))
	} else {
		zh, en = append(zh, "没有人代你审批。"), append(en, "Nobody decides in your place.")
	}
	if len(others) > 0 {
		zh, en = append(zh, "你代为审批的：\n"+strings.Join(others, "\n")), append(en, "You decide in the place of:\n"+strings.Join(others, "\n"))
	}
	return text("%[1]s\n%[3]s", "%[2]s\n%[4]s", strings.Join(zh, "\n"), strings.Join(en, "\n"), proxyUsage, "For example: 代理 给 张三 从 10月1日 到 10月8日; to end it: 代理 取消")
}

func textGranted(name, terms string, others, round bool) card.Text {
	zh, en := "已设置：%s代你审批，%s。", "Done: %s decides in your place, %s."
	if others {
		zh, en = zh+"你还有别的代理，时间重叠时以这一条为准。", en+" You have other proxies; where they overlap this one counts."
	}
	if round {
		zh, en = zh+"注意：对方的代理又绕回到你，绕成圈的时候仍由你自己审批。", en+" Mind that their proxies lead back to you: when they do, you keep deciding."
	}
	return text(zh+"发送「代理 取消」可以结束。", en+" Write 代理 取消 to end it.", name, terms)
}

func textYouAreProxy(name, terms string) card.Text {
	return text("%s请你代为审批：%s。到你这里的审批会写明是代谁审批。", "%s asks you to decide in their place: %s. Each request will say for whom you decide.", name, terms)
}

func textNoLongerProxy(name string) card.Text {
	return text("%s取消了请你代为审批；已经到你这里的仍由你处理。", "You no longer decide in the place of %s; what you were given already stays with you.", name)
}

func textEnded(names []string) card.Text {
	return text("已取消：%s不再代你审批；已经转给对方的仍由对方处理。", "Ended: %s no longer decides in your place; what they were given already stays with them.", strings.Join(names, "、"))
}

func textNothingToEnd(name string) card.Text {
	if name != "" {
		return text("%s没有在代你审批，没有可取消的", "%s does not decide in your place; there is nothing to end", name)
	}
	return text("没有人代你审批，没有可取消的", "Nobody decides in your place; there is nothing to end")
}

func textNotYourself() card.Text {
	return text("不能让自己代理自己，请写另一位同事", "Nobody is their own proxy; please name a colleague")
}

func textNotThere(name string) card.Text {
	return text("%s已不在职，不能代理", "%s is no longer there and can't be a proxy", name)
}

func textNobodyCalled(name string) card.Text {
	return text("没有找到「%s」这位同事，没有设置。%s", "There is no colleague called %s; nothing was changed. %s", name, proxyUsage)
}

func textOneProxy() card.Text {
	return text("一次只能写一位代理人", "Please name one person only")
}

func textNoDay(words string) card.Text {
	return text("看不懂日期「%s」，没有设置。请写成 2026-10-01、10月1日 或 10月1日 09:00", "“%s” is no day; nothing was changed. Write 2026-10-01 or 2026-10-01 09:00", words)
}

func textBackward(from, until string) card.Text {
	return text("结束时间 %[2]s 不在开始时间 %[1]s 之后，没有设置", "%[2]s is not after the beginning, %[1]s; nothing was changed", from, until)
}

func textPast(until string) card.Text {
	return text("结束时间 %s 已经过去，没有设置", "%s has passed; nothing was changed", until)
}

func textNoFlow(word string, names []string) card.Text {
	return text("没有叫「%s」的流程，没有设置。可以写：%s", "There is no workflow %s; nothing was changed. There are: %s", word, strings.Join(names, "、"))
}

func textNoAmount(words string) card.Text {
	return text("看不懂金额「%s」，没有设置。请写成 5000 或 99.50", "“%s” is no amount; nothing was changed. Write 5000 or 99.50", words)
}

func textTwice(word string) card.Text {
	return text("「%s」写了两次，没有设置", "“%s” is given twice; nothing was changed", word)
}

func textEmpty(word string) card.Text {
	return text("「%s」后面没有写内容，没有设置。%s", "Nothing follows “%s”; nothing was changed. %s", word, proxyUsage)
}

func textHow(word string) card.Text {
	return text("看不懂「%s」，没有设置。%s", "“%s” is not understood; nothing was changed. %s", word, proxyUsage)
}
