package approval

import (
	"magpie/adapters/card"
	"magpie/workflows"
)

// What people read. Cards are worded by templates; these are the answers to presses, the problems of a
// form, and the short texts between cards.
const (
	textRequired  = "必填"
	textNotText   = "请填写文字"
	textTooLong   = "最多 %d 个字，现在有 %d 个"
	textTooShort  = "至少 %d 个字"
	textNotNumber = "请填写数字"
	textTooLarge  = "数字太大"
	textTooFine   = "最多 %d 位小数"
	textTooSmall  = "不能小于 %s"
	textTooBig    = "不能大于 %s"
	textNegative  = "不能是负数"
	textNotDate   = "请填写日期，例如 2026-01-31"
	textNotTime   = "请填写日期和时间，例如 2026-01-31 18:00"
	textNotOption = "请从选项中选择"
	textOneOption = "只能选一项"
	textTooMany   = "最多选 %d 个"
	textTooFew    = "至少选 %d 个"
	textNoPerson  = "找不到这个人"
	textOnePerson = "只能选一个人"
	textBadBool   = "请选择是或否"
	textNotRange  = "请填写开始和结束"
	textNoStart   = "请填写开始"
	textNoEnd     = "请填写结束"
	textEndFirst  = "结束不能早于开始"
	textNotTable  = "请按行填写"
	textManyRows  = "最多 %d 行"
	textFewRows   = "至少 %d 行"
	textCell      = "第 %d 行 %s：%s"
	textNotFile   = "请在页面上传文件"
	textManyFiles = "最多 %d 个文件"
	textFewFiles  = "至少 %d 个文件"
	textFileSize  = "超过了 %d.%03d MB 的上限"
	textFileType  = "类型不对，只收 %s"
	textNotImage  = "不是图片"
	textTooMuch   = "内容太多，请精简，或写进附件"
	textDivide    = "除数为 0，无法计算"
	textOverflow  = "结果超出范围，无法计算"
	textMore      = "按已填内容还可以填写这一项；不需要就直接再提交"
	textRange     = "%s 至 %s"
	textFrom      = "%s（开始）"
	textTo        = "%s（结束）"
	textRows      = "%d 行"

	textFormProblem  = "请修改后再提交：%s"
	textSubmitted    = "已提交"
	textCanceled     = "已取消"
	textApproved     = "已同意"
	textRejected     = "已拒绝"
	textWithdrawn    = "已撤回"
	textUrged        = "已催办：%s"
	textNotYours     = "这张卡片不是你的，不能操作"
	textNotYourTask  = "这项审批由%s处理，你不能操作"
	textUnknown      = "这个操作已经不可用"
	textOver         = "这项审批已结束：%s"
	textDecided      = "%s %s %s"
	textMoved        = "这项审批已转给%s"
	textClosed       = "这项审批已不需要你处理"
	textTooDeep      = "流程一个接一个发起了 %d 层，不能再往下了"
	textFlowRefused  = "「%s」的「%s」没能发起：%s。请联系管理员。"
	textFlowFailed   = "「%s」%s %s"
	textFlowStuck    = "没能发起：%s"
	textFlowEnded    = "子流程%s"
	textFlowWaits    = "等待子流程"
	textFlowBegun    = "已发起子流程"
	textParentEnded  = "上级申请已结束"
	textParent       = "上级申请"
	textNoTask       = "没有任务 %s"
	textSign         = "这一步要手写签名，请打开页面签名后同意"
	textSignAfter    = "后加签就是先同意，而这一步同意要手写签名：请用前加签或并加签"
	textSignAgain    = "这个签名已经用过，请重新签名"
	textByHand       = "同意要手写签名"
	textSignLabel    = "手写签名"
	textAlone        = "这一步不能批量处理，请打开卡片单独处理"
	textReasonNeeded = "请填写拒绝理由"
	textReasonLong   = "理由最多 %d 个字"
	textNoWithdraw   = "这个流程提交后不能撤回"
	textNotSubmitted = "还没有提交"
	textAlreadySent  = "已经提交过了"
	textNobodyOpen   = "现在没有等待处理的审批人"
	textUrgedEarly   = "刚刚催办过，%s 后可以再催"

	textInPlaceOf    = "%s（代%s）"
	textProxyKept    = "你的代理没有生效，「%s」仍由你审批：%s"
	textWhyNeeded    = "请填写理由"
	textChooseAct    = "请选择要做什么"
	textLooking      = "正在处理"
	textNotAllowed   = "这个节点不允许这样做"
	textNotThere     = "%s不在职，或者找不到这个人"
	textMayNotTake   = "%s不能审批这项申请：发起人不能审批自己的申请"
	textSitsThere    = "%s已经是这个节点的审批人"
	textWhoNeeded    = "请选择人员"
	textSentOn       = "已转交给%s"
	textDelegated    = "已委派给%s，对方处理后会回到你这里"
	textAdvised      = "已处理，交回%s确认"
	textLent         = "这是%s委派给你的，请先处理"
	textAdded        = "已加签：%s"
	textAddedMany    = "一个节点最多加签 %d 人"
	textAddedDeep    = "最多连续加签 %d 层"
	textUnseated     = "已减签"
	textNotAdded     = "%s不是你加签的人"
	textHasSaid      = "%s已经表态，不能减签"
	textAbstained    = "已弃权"
	textNoAbstain    = "这个节点不能弃权"
	textOpinion      = "审批意见"
	textOpinionHint  = "同意时可不填；拒绝时请写明理由"
	textNotYourField = "这个节点不能修改这个字段"
	textNoComment    = "请填写评论内容"
	textCommentSent  = "已评论"
	textMentioned    = "%s在「%s」中提到你：%s"
	textCommentedOn  = "%s评论了「%s」：%s"
	textSelf         = "发起人不能审批自己的申请"
	textWaitsAdded   = "%s 等待加签意见"

	textInitiator     = "发起人"
	textNoSuchStep    = "这个节点不能退回"
	textNotThatStep   = "按流程不能退回到「%s」"
	textNotPassed     = "「%s」还没有通过，不能退回到那里"
	textOneBehind     = "「%s」和「%s」不在并行的分支里，请只选一个"
	textChooseStep    = "请选择退回到哪个节点"
	textChooseThen    = "请选择退回后怎么走"
	textTooManyTurns  = "已经退回 %d 次，请同意或拒绝"
	textWithInitiator = "已经退回给发起人修改，请等待重新提交"
	textComesBack     = "「%s」退回了你的申请，请修改后重新提交：%s（%s）"
	textReturned      = "已退回：%s"
	textWasReturned   = "%s %s 已退回到%s"
	textInitiatorLeft = "发起人已离职，没有人可以修改后重新提交"
	textEndsWithThem  = "申请已终止：%s（%s已离职，没有人可以修改后重新提交）"
	textRevise        = "待修改"
	textRevising      = "%s 正在修改"

	textRevokeStep     = "撤销审批"
	textNotApprovedYet = "审批还没有结束；不再需要时请撤回"
	textNoRevoke       = "这个流程通过后不能撤销"
	textRevokePending  = "撤销申请正在审批"
	textTooManyRevokes = "已申请撤销 %d 次，不能再申请"
	textRevokeLate     = "只能在 %s 前申请撤销"
	textRevokeAsked    = "已申请撤销，等待审批"
	textRevoked        = "已撤销：%s"
	textRevokeRefused  = "撤销未获同意，仍为已通过：%s"
	textNotAdmin       = "只有管理员可以这样做"
	textChooseFor      = "选择审批人：%s"
	textNotOffered     = "请从可选的人中选择"
	textNobodyOffered  = "现在没有可选的人，请联系管理员"
	textWhichTask      = "请选择要转交的任务"
	textOwnApprovers   = "不能改派自己申请的审批人"
	textTerminated     = "你的申请已被管理员终止：%s（%s）"
	textTerminatedDone = "已终止"

	textSentPrivately = "已把%s表发到与你的单聊"
	textMayNot        = "你不在「%s」的可发起范围内"
	textUrge          = "%s催你处理：%s"
	textRemind        = "待你审批：%s，已等待 %s"
	textTimedOut      = "审批已超时：%s"
	textNobody        = "「%s」找不到审批人，已按流程拒绝"

	textWaitsFor    = "等待 %s"
	textFinding     = "正在查找审批人"
	textStuck       = "找不到审批人，稍后重试"
	textSkipIf      = "条件不满足，跳过"
	textShort       = "%s 的终点不在上级里，已到最上级"
	textSkipNobody  = "找不到审批人，按规则跳过"
	textAutoSame    = "已审批过，自动同意"
	textAutoSelf    = "发起人即审批人，自动同意"
	textAutoTimeout = "超时自动%s"
	textCanceledRun = "未进行"
	textGuessed     = "（期限所在年份还没有节假日数据，按普通工作日计算）"
	textSupersede   = "无需处理"
)

// proxyTexts say why a proxy did not take somebody's place.
var proxyTexts = map[string]string{
	"cycle": "代理关系绕了一圈", "long": "代理转了太多人", "initiator": "代理人就是申请人", "seated": "代理人在这一步已有自己的席位",
}

// statusWords are what people read for a Status.
var statusWords = map[workflows.Status]string{
	workflows.StatusDraft: "待提交", workflows.StatusRunning: "审批中", workflows.StatusApproved: "已通过", workflows.StatusRejected: "已拒绝",
	workflows.StatusWithdrawn: "已撤回", workflows.StatusTerminated: "已终止", workflows.StatusRevoked: "已撤销", workflows.StatusExpired: "已过期",
}

// statusEnglish is the same for those who read English.
var statusEnglish = map[workflows.Status]string{
	workflows.StatusDraft: "Draft", workflows.StatusRunning: "In progress", workflows.StatusApproved: "Approved", workflows.StatusRejected: "Rejected",
	workflows.StatusWithdrawn: "Withdrawn", workflows.StatusTerminated: "Terminated", workflows.StatusRevoked: "Revoked", workflows.StatusExpired: "Expired",
}

// statusText words a Status.
func statusText(s workflows.Status) card.Text { return inBoth(statusWords[s], statusEnglish[s]) }

// inBoth is a text in both languages.
func inBoth(zh, en string) card.Text {
	return card.Text{Default: zh, I18n: map[string]string{"en-US": en}}
}

// verdictWords are what people read for a decision.
var verdictWords = map[workflows.TaskState]string{workflows.TaskApproved: textApproved, workflows.TaskRejected: textRejected, workflows.TaskAbstained: textAbstained}

// modeWords are what people read for a mode.
var modeWords = map[modeKind]string{modeAny: "或签", modeAll: "会签", modeSequence: "依次审批", modeRatio: "比例会签", modeCount: "票签", modeWeight: "加权票签"}

// textTotal are the words for what stands below a column.
var textTotal = map[string]string{"sum": "合计", "min": "最小", "max": "最大", "count": "数量"}
