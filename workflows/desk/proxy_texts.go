package desk

import (
	"strings"

	"magpie/adapters/card"
)

const (
	proxyUsage        = "例如：代理 给 张三 从 10月1日 到 10月8日；还可以写 流程 采购申请、不超过 5000、含待办。取消：代理 取消"
	proxyUsageEnglish = "For example: 代理 给 张三 从 10月1日 到 10月8日, also with 流程 采购申请, 不超过 5000, 含待办; to end it: 代理 取消"
)

// textTerms words when a grant counts and for what. until is empty for one that does not end, whole says that it is the last day.
func textTerms(from, until string, whole bool, flows []string, most string, open bool) card.Text {
	zh, en := "从 "+from, "from "+from
	switch {
	case until == "":
		zh, en = zh+" 起，直到取消", en+" until it is ended"
	case whole:
		zh, en = zh+" 到 "+until+"（含当天）", en+" to "+until+" (that day included)"
	default:
		zh, en = zh+" 到 "+until, en+" to "+until
	}
	if len(flows) > 0 {
		zh, en = zh+"，只限流程："+strings.Join(flows, "、"), en+", only for "+strings.Join(flows, ", ")
	}
	if most != "" {
		zh, en = zh+"，金额不超过 "+most, en+", for amounts up to "+most
	}
	if open {
		zh, en = zh+"，包括已经在等的", en+", with what waits already"
	}
	return text("%[1]s", "%[2]s", zh, en)
}

func textNoProxies() card.Text {
	return text("这里还不能设置代理，请联系管理员", "Proxies can't be set here; please ask your administrator")
}

func textProxies(mine, others []card.Text) card.Text {
	zh, en := "没有人代你审批。", "Nobody decides in your place."
	if len(mine) > 0 {
		zh, en = "代你审批的：\n"+lines(mine, chinese), "In your place decide:\n"+lines(mine, english)
	}
	if len(others) > 0 {
		zh, en = zh+"\n你代为审批的：\n"+lines(others, chinese), en+"\nYou decide in the place of:\n"+lines(others, english)
	}
	return text("%[1]s\n%[3]s", "%[2]s\n%[4]s", zh, en, proxyUsage, proxyUsageEnglish)
}

// lines puts texts below one another.
func lines(all []card.Text, lang string) string {
	out := make([]string, len(all))
	for i, t := range all {
		out[i] = t.In(lang)
	}
	return strings.Join(out, "\n")
}

func textGranted(name string, terms card.Text, others, round bool) card.Text {
	zh, en := "已设置：%[1]s代你审批，%[2]s。", "Done: %[1]s decides in your place, %[3]s."
	if others {
		zh, en = zh+"你还有别的代理，时间重叠时以这一条为准。", en+" You have other proxies; where they overlap this one counts."
	}
	if round {
		zh, en = zh+"注意：对方的代理又绕回到你，绕成圈的时候仍由你自己审批。", en+" Mind that their proxies lead back to you: when they do, you keep deciding."
	}
	return text(zh+"发送「代理 取消」可以结束。", en+" Write 代理 取消 to end it.", name, terms.Default, terms.In(english))
}

func textYouAreProxy(name string, terms card.Text) card.Text {
	return text("%[1]s请你代为审批：%[2]s。到你这里的审批会写明是代谁审批。", "%[1]s asks you to decide in their place: %[3]s. Each request will say for whom you decide.",
		name, terms.Default, terms.In(english))
}

func textNoLongerProxy(name string) card.Text {
	return text("%s取消了请你代为审批；已经到你这里的仍由你处理。", "You no longer decide in the place of %s; what you were given already stays with you.", name)
}

func textEnded(names []string) card.Text {
	return text("已取消：%[1]s不再代你审批；已经转给对方的仍由对方处理。", "Ended: %[2]s no longer decides in your place; what they were given already stays with them.", strings.Join(names, "、"), strings.Join(names, ", "))
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
	return text("没有找到「%[1]s」这位同事，没有设置。%[2]s", "There is no colleague called %[1]s; nothing was changed. %[3]s", name, proxyUsage, proxyUsageEnglish)
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
	return text("没有叫「%[1]s」的流程，没有设置。可以写：%[2]s", "There is no workflow %[1]s; nothing was changed. There are: %[3]s", word, strings.Join(names, "、"), strings.Join(names, ", "))
}

func textNoAmount(words string) card.Text {
	return text("看不懂金额「%s」，没有设置。请写成 5000 或 99.50", "“%s” is no amount; nothing was changed. Write 5000 or 99.50", words)
}

func textTwice(word string) card.Text {
	return text("「%s」写了两次，没有设置", "“%s” is given twice; nothing was changed", word)
}

func textEmpty(word string) card.Text {
	return text("「%[1]s」后面没有写内容，没有设置。%[2]s", "Nothing follows “%[1]s”; nothing was changed. %[3]s", word, proxyUsage, proxyUsageEnglish)
}

func textHow(word string) card.Text {
	return text("看不懂「%[1]s」，没有设置。%[2]s", "“%[1]s” is not understood; nothing was changed. %[3]s", word, proxyUsage, proxyUsageEnglish)
}
