package pages

import (
	"net/http"
	"strings"
)

// What the pages say by themselves; what stands on cards comes from templates and programs.
var words = map[string][2]string{
	"parent":          {"上级申请：", "Started by: "},
	"child":           {"子流程：", "Started: "},
	"admin":           {"管理这个申请", "Administer this request"},
	"print":           {"打印", "Print"},
	"print_title":     {"审批记录", "Records of requests"},
	"print_how":       {"请用浏览器的打印功能打印，或存为 PDF（A4）。", "Print this with your browser, or save it as a PDF (A4)."},
	"print_no":        {"编号", "Number"},
	"print_status":    {"状态", "Status"},
	"print_by":        {"发起人", "Started by"},
	"print_of":        {"（%s）", " (%s)"},
	"print_sent":      {"提交时间", "Submitted"},
	"print_ended":     {"结束时间", "Ended"},
	"print_capitals":  {"大写：", "in capitals: "},
	"print_trail":     {"经过", "What happened"},
	"print_when":      {"时间", "When"},
	"print_who":       {"谁", "Who"},
	"print_what":      {"做了什么", "What"},
	"print_sign":      {"手写签名", "Signature"},
	"print_card":      {"所见卡片摘要", "Digest of the card seen"},
	"print_sound":     {"核验结果：记录完整，共 %d 条，哈希链连续，与当前状态一致", "Verified: the record is whole; the hashes of its %d entries are an unbroken chain and agree with how things stand"},
	"print_erased":    {"；其中 %d 条的个人信息已按要求删除", "; of %d the personal text was deleted on request"},
	"print_end":       {"。", "."},
	"print_bad":       {"核验结果：记录有问题：", "Verified: something is wrong with the record: "},
	"print_head":      {"末条哈希", "Hash of the last entry"},
	"print_at":        {"打印于", "printed"},
	"required":        {"必填", "required"},
	"optional":        {"选填", "optional"},
	"choose":          {"请选择", "Please choose"},
	"none":            {"不选", "None"},
	"find":            {"查找", "Find"},
	"find_hint":       {"输入姓名，点「查找」", "Type a name, then “Find”"},
	"find_many_hint":  {"输入姓名，多人用逗号隔开", "Type names, separated by commas"},
	"picked":          {"已选", "Picked"},
	"need":            {"请填写", "Please fill this in"},
	"need_choice":     {"请选择", "Please choose"},
	"too_long":        {"最多 %d 个字，现在有 %d 个", "at most %d characters; there are %d"},
	"too_many":        {"最多选 %d 个", "at most %d"},
	"not_number":      {"请填写数字", "Please enter a number"},
	"not_date":        {"请填写日期，例如 2026-01-31", "Please enter a date, such as 2026-01-31"},
	"not_time":        {"请填写日期和时间，例如 2026-01-31 18:00", "Please enter date and time, such as 2026-01-31 18:00"},
	"not_option":      {"请从选项中选择", "Please choose one of the options"},
	"nobody_found":    {"找不到「%s」", "Nobody found for “%s”"},
	"not_yet_found":   {"还没有找到「%s」：通讯录还在读取中，请稍后再试", "“%s” is not known yet: the directory is still being read. Please try again later"},
	"several_found":   {"「%s」不止一位，请选择", "Several match “%s”; please choose"},
	"meant":           {"是这位吗？请选择", "Is it this one? Please choose"},
	"fix":             {"还有 %d 处需要修改", "%d to correct"},
	"dept_hint":       {"输入部门名称，点「查找」", "Type a department, then “Find”"},
	"file_hint":       {"最多 %d 个，每个不超过 %s", "at most %d, each up to %s"},
	"upload_hint":     {"，一次提交的文件合计不超过 %s", ", all together up to %s at a time"},
	"upload":          {"上传", "Upload"},
	"add_row":         {"添加一行", "Add a row"},
	"drop_row":        {"删除", "Remove"},
	"row":             {"第 %d 行", "Row %d"},
	"look_again":      {"更新表单", "Update the form"},
	"colon":           {"：", ": "},
	"sep":             {"、", ", "},
	"too_many_files":  {"最多 %d 个文件", "at most %d files"},
	"file_big":        {"超过了 %s 的上限", "is over the limit of %s"},
	"file_type":       {"类型不对，只收 %s", "is not of a type that is taken: %s"},
	"file_empty":      {"是空文件", "is empty"},
	"file_content":    {"内容和文件类型不符", "is not what its name says"},
	"not_image":       {"不是图片", "is no picture"},
	"file_lost":       {"有文件已失效，请重新上传", "A file is no longer there; please upload it again"},
	"need_signature":  {"请签名", "Please sign"},
	"signed":          {"已签名", "Signed"},
	"sign_here":       {"请在这里手写签名", "Please sign here"},
	"sign_clear":      {"清除", "Clear"},
	"sign_photo":      {"上传签名照片", "A photograph of a signature"},
	"sign_hint":       {"在白纸上签名后拍照，JPEG 或 PNG；只保留笔迹", "Sign on white paper and take a picture, JPEG or PNG; only the ink is kept"},
	"sign_blank":      {"没有看到签名，请重新签名", "There is no signature to be seen; please sign again"},
	"sign_type":       {"签名要是 PNG 或 JPEG 图片", "A signature is a PNG or JPEG picture"},
	"sign_big":        {"图片太大：PNG 最多 2000×1000、512 KB，照片（JPEG）最多 1300 万像素、8 MB", "The picture is too large: PNG up to 2000×1000 and 512 KB, photographs (JPEG) up to 13 megapixels and 8 MB"},
	"sign_lost":       {"签名已失效，请重新签名", "The signature is no longer there; please sign again"},
	"too_much_today":  {"这一小时上传得太多了，请稍后再试", "Too much was uploaded this hour; please try again later"},
	"date_hint":       {"例如 2026-01-31", "such as 2026-01-31"},
	"time_hint":       {"例如 2026-01-31 18:00", "such as 2026-01-31 18:00"},
	"yes":             {"是", "Yes"},
	"image":           {"查看图片", "View the picture"},
	"image_elsewhere": {"图片请在聊天中查看", "The picture is shown in the chat"},
	"sure":            {"确定要「%s」吗？", "Really “%s”?"},
	"back":            {"返回", "Back"},
	"other_actions":   {"查看全部操作", "All actions"},
	"act_gone":        {"这个操作现在不可用，下面是最新的情况。", "This can no longer be done. Below is how things stand."},
	"done":            {"已处理", "Done"},
	"done_close":      {"你可以关闭这个页面了，聊天中的卡片会自动更新。", "You may close this page. The card in the chat is brought up to date."},
	"later":           {"已收到，正在处理", "Received, working on it"},
	"later_more":      {"结果会更新在聊天中的卡片上，你可以关闭这个页面了。", "The card in the chat will show the outcome. You may close this page."},
	"refused_more":    {"什么也没有改变。", "Nothing was changed."},
	"progress":        {"查看进度", "See progress"},
	"my_work":         {"我的审批", "My approvals"},
	"as":              {"以%s的身份", "as %s"},
	"timeline":        {"处理记录", "What happened"},
	"tab_open":        {"待我处理", "Waiting for me"},
	"tab_started":     {"我发起的", "Started by me"},
	"tab_decided":     {"已处理", "Handled"},
	"tab_told":        {"抄送我的", "Copied to me"},
	"empty_told":      {"没有抄送给你的", "Nothing was copied to you"},
	"empty_open":      {"没有待你处理的事", "Nothing waits for you"},
	"empty_started":   {"你还没有发起过", "You have started nothing yet"},
	"empty_decided":   {"还没有处理过的事", "Nothing handled yet"},
	"more":            {"下一页", "Next"},
	"less":            {"上一页", "Previous"},
	"due":             {"%s 前", "due %s"},
	"late":            {"已超期", "overdue"},
	"again":           {"页面打开太久了，请再提交一次。", "This page was open for too long. Please submit again."},
	"try_again":       {"暂时没能提交，请稍后再试。你填写的内容还在。", "This could not be submitted just now. Please try again; what you entered is kept."},

	"gone":              {"已经找不到了", "No longer there"},
	"gone_more":         {"这件事可能已被清理，或者卡片已经不在了。", "It may have been cleaned up, or the card is gone."},
	"nothing":           {"没有可以显示的内容", "Nothing to show"},
	"nothing_more":      {"链接可能不完整，或者不是给你的。请从聊天中的卡片重新打开。", "The link may be incomplete, or not meant for you. Please open it from the card in the chat."},
	"expired":           {"链接已过期", "The link has expired"},
	"expired_more":      {"为了安全，链接 7 天后失效。可以让机器人把最新的卡片再发给你，从那里打开。", "Links end after 7 days, for safety. The bot can send you the card once more; open it from there."},
	"resend":            {"重新发给我", "Send it to me again"},
	"resent":            {"已发送", "Sent"},
	"resent_more":       {"请到聊天中打开机器人刚发的卡片。", "Please open the card that the bot has just sent to you."},
	"resent_wait":       {"刚刚发过了", "It was sent a moment ago"},
	"resent_gone":       {"已经不需要了", "No longer needed"},
	"resent_done":       {"这张卡片已经不在了，不需要再处理。", "This card is gone; there is nothing to do."},
	"login":             {"请从聊天中打开", "Please open this from the chat"},
	"login_more":        {"打开机器人发给你的任意一张卡片，就能看到这里。", "Open any card that the bot sent to you to get here."},
	"who":               {"请先登录", "Please log in"},
	"who_more":          {"选择你使用的办公软件，确认身份后就能看到这个页面。", "Choose the suite you work with. The page is shown once it has confirmed who you are."},
	"login_by":          {"用%s登录", "Log in with %s"},
	"other":             {"这个页面是给别人的", "This page is for somebody else"},
	"other_as":          {"你登录的身份是%s，而链接是发给另一个人的，内容只有本人能看到。如果登录的不是你，请换一个账号。", "You are logged in as %s, and the link was sent to somebody else, who alone can see it. If that is not you, log in with another account."},
	"ended":             {"登录已过期", "Your log-in has ended"},
	"ended_more":        {"什么也没有提交。请重新登录，再从头填写。", "Nothing was submitted. Please log in again, and fill the form in anew."},
	"ended_kept":        {"登录已过期", "Your log-in has ended"},
	"ended_kept_more":   {"还没有提交，但填写的内容已经保留。请重新登录，确认后再提交一次。", "Nothing was submitted yet, and what you entered is kept. Please log in again, check it and submit once more."},
	"no_cookies":        {"没能记住你的登录", "Your log-in could not be kept"},
	"no_cookies_more":   {"这个浏览器没有保存 Cookie，或者登录已经过期。请允许 Cookie 后再登录一次。", "This browser keeps no cookies, or the log-in has ended. Allow cookies and log in once more."},
	"login_lost":        {"登录没有完成", "The log-in was not completed"},
	"login_lost_more":   {"登录用了太久，或者是在另一个浏览器里开始的。请从聊天中的卡片重新打开。", "It took too long, or was begun in another browser. Please open the page again from the card in the chat."},
	"login_off":         {"登录没有完成", "The log-in was not completed"},
	"login_off_more":    {"登录被取消，或者已经失效。可以再试一次。", "It was cancelled, or is no longer good. You can try again."},
	"login_down":        {"暂时不能确认你的身份", "Who you are can't be confirmed just now"},
	"login_down_more":   {"登录服务没有正常回答，请稍后再试。如果一直这样，请告诉管理员。", "The log-in service did not answer as it should. Please try again later; if it stays so, tell an administrator."},
	"login_nobody":      {"没有找到你的账号", "Your account is not known here"},
	"login_nobody_more": {"你登录的账号在这里不属于任何人。可以换一种方式登录，或者请管理员关联你的账号。", "The account that you logged in with belongs to nobody here. Log in another way, or ask an administrator to link it."},
	"login_kept":        {"登录已过期，你已重新登录。刚才填写的内容还在，请确认后再提交一次。", "Your log-in had ended, and you have logged in again. What you entered is still here: please check it and submit once more."},
	"suite_feishu":      {"飞书", "Feishu"},
	"suite_dingtalk":    {"钉钉", "DingTalk"},
	"suite_wecom":       {"企业微信", "WeCom"},
	"busy":              {"暂时打不开", "Not available just now"},
	"busy_more":         {"系统忙，请稍后再试。", "The system is busy. Please try again later."},
	"too_big":           {"内容太多了", "Too much"},
	"too_big_more":      {"提交的内容超过了上限，请返回后精简。", "What was submitted is over the limit. Please go back and shorten it."},
	"too_big_files":     {"一次最多上传 %s，什么也没有提交。请返回，用「上传」分几次上传。", "At most %s can be uploaded at a time; nothing was submitted. Please go back and upload in several goes, with “Upload”."},
	"wrong_form":        {"提交方式不对", "Not a form of ours"},
	"wrong_form_more":   {"请从聊天中的卡片重新打开。", "Please open it again from the card in the chat."},

	"task_open": {"待处理", "Open"}, "task_approved": {"已同意", "Approved"}, "task_rejected": {"已拒绝", "Rejected"},
	"task_transferred": {"已转交", "Transferred"}, "task_superseded": {"他人已处理", "Decided by another"},
	"task_canceled": {"已关闭", "Closed"}, "task_skipped": {"已跳过", "Skipped"}, "task_timed_out": {"已超时", "Timed out"}, "task_told": {"抄送", "Copy"},
	"task_abstained": {"已弃权", "Abstained"}, "task_delegated": {"已委派", "Delegated"}, "task_suspended": {"等待加签", "Waits for others"},
	"task_returned": {"已退回", "Returned"}, "task_submitted": {"已重新提交", "Submitted again"},
	"status_draft": {"待提交", "Draft"}, "status_running": {"进行中", "In progress"}, "status_approved": {"已通过", "Approved"},
	"status_rejected": {"未通过", "Rejected"}, "status_withdrawn": {"已撤回", "Withdrawn"}, "status_terminated": {"已终止", "Terminated"},
	"status_revoked": {"已撤销", "Revoked"}, "status_expired": {"已过期", "Expired"}, "status_done": {"已完成", "Done"},
}

// tongue is a language of the pages.
type tongue int

const (
	zh tongue = iota
	en
)

// code is the language as cards name it.
func (l tongue) code() string { return [...]string{"zh-CN", "en-US"}[l] }

// say is one of our words.
func (l tongue) say(key string) string {
	w, ok := words[key]
	if !ok {
		return key
	}
	return w[l]
}

// languageOf is what a viewer reads: what ?lang says, else what their client prefers, else Chinese.
func languageOf(r *http.Request) tongue {
	want := r.URL.Query().Get("lang")
	if want == "" {
		want, _, _ = strings.Cut(r.Header.Get("Accept-Language"), ",")
	}
	return tongueOf(want)
}

// tongueOf is the language of a code.
func tongueOf(code string) tongue {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(code)), "en") {
		return en
	}
	return zh
}
