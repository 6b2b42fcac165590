package desk

import (
	"fmt"

	"magpie/adapters/card"
	"magpie/workflows"
)

const (
	chinese = "zh-CN"
	english = "en-US"
)

func text(zh, en string, args ...any) card.Text {
	return card.Text{Default: fmt.Sprintf(zh, args...), I18n: map[string]string{english: fmt.Sprintf(en, args...)}}
}

func textSentToYou() card.Text {
	return text("已发到与你的单聊", "Sent to you alone")
}

func textNothing(a act) card.Text {
	if a.own {
		return text("你没有正在审批的申请", "None of your requests is under way")
	}
	return text("没有待你审批的事", "Nothing waits for you")
}

func textNoSuch(no string) card.Text {
	return text("没有找到单号 %s；发送「我的审批」可以看到与你有关的审批", "There is no %s among your approvals; write 我的审批 to see them", no)
}

func textWhatCard() card.Text {
	return text("没认出你引用的是哪一项，没有处理；请在那张卡片上操作，或写上单号", "It is not clear which one you quoted, so nothing was done; press on its card, or give its number")
}

func textWho(a act) card.Text {
	return text("请写明%s给谁，例如：%[1]s @张三", "Please say to whom, for example: %s @Zhang San", a.done)
}

func textUnread(name string) card.Text {
	return text("还没有找到「%s」：通讯录还在读取中，请稍后再试", "%s is not known yet: the directory is still being read. Please try again later", name)
}

func textManyCalled(name string) card.Text {
	return text("有几位同事叫「%s」，请用 @ 指明", "Several colleagues are called %s; please mention the one you mean", name)
}

// statusWord is what people read for a status.
func statusWord(s workflows.Status) string {
	return map[workflows.Status]string{
		workflows.StatusDraft: "待提交", workflows.StatusRunning: "审批中", workflows.StatusApproved: "已通过", workflows.StatusRejected: "已拒绝",
		workflows.StatusWithdrawn: "已撤回", workflows.StatusTerminated: "已终止", workflows.StatusExpired: "已过期", workflows.StatusDone: "已完成",
	}[s]
}

// taskWord is what people read for the end of a task.
func taskWord(s workflows.TaskState) string {
	if w, ok := map[workflows.TaskState]string{
		workflows.TaskApproved: "已同意", workflows.TaskRejected: "已拒绝", workflows.TaskTransferred: "已转交",
		workflows.TaskAbstained: "已弃权", workflows.TaskDelegated: "已委派", workflows.TaskSuspended: "等待加签", workflows.TaskSuperseded: "他人已处理",
		workflows.TaskCanceled: "已关闭", workflows.TaskSkipped: "已跳过", workflows.TaskTimedOut: "已超时",
	}[s]; ok {
		return w
	}
	return "已处理"
}
