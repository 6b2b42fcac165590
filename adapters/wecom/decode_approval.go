package wecom

import (
	"magpie/adapters/event"
)

// statuses of an approval. Source: WeCom developer documents, "Approval status change" (path 91815).
var statuses = map[string]string{
	"1": "running", "2": "approved", "3": "rejected", "4": "withdrawn", "6": "reverted", "7": "deleted", "10": "paid",
}

// openStatuses of an approval of the engine inside an app.
var openStatuses = map[string]string{"1": "running", "2": "approved", "3": "rejected", "4": "withdrawn"}

func statusOf(m map[string]string, code string) string {
	if s, ok := m[code]; ok {
		return s
	}
	if code == "" {
		return ""
	}
	return "status " + short(code) // a new one must not be taken for an old one
}

func approvalKind(status string, first bool) event.Kind {
	switch {
	case status == "running" && first:
		return event.KindApprovalStarted
	case status == "running":
		return event.KindApprovalChanged
	}
	return event.KindApprovalEnded
}

// approval decodes a change of a form of WeCom's own approval app. Its number may come twice, in two
// lengths: the text counts.
func (d *decoder) approval(ev *event.Event) bool {
	in := d.x.get("ApprovalInfo")
	no := in.str("SpNoStr")
	if no == "" {
		no = in.str("SpNo")
	}
	change := in.str("StatuChangeEvent")
	status := statusOf(statuses, in.str("SpStatus"))
	a := &event.Approval{
		Instance: d.shared(event.RefInstance, no), Definition: in.str("TemplateId"), Status: status, At: ev.At,
		NodeKey: "change:" + change, CC: false,
	}
	ev.Kind = approvalKind(status, change == "1")
	if by := lastApprover(d, in); by != nil {
		a.Assignee, a.TaskStatus = &by.actor, by.status
	}
	ev.Body = a
	return no != ""
}

type approver struct {
	actor  event.Actor
	status string
}

// lastApprover is who decided last, as far as the form tells.
func lastApprover(d *decoder, in *node) *approver {
	var last *approver
	newest := ""
	for _, rec := range in.all("SpRecord") {
		for _, det := range rec.all("Details") {
			at, who := det.str("SpTime"), det.str("Approver", "UserId")
			if at == "" || at == "0" || who == "" || len(at) < len(newest) || len(at) == len(newest) && at < newest {
				continue
			}
			newest = at
			last = &approver{d.actor(who), statusOf(nodeStatuses, det.str("SpStatus"))}
		}
	}
	return last
}

// nodeStatuses are those of one approver.
var nodeStatuses = map[string]string{
	"1": "running", "2": "approved", "3": "rejected", "4": "transferred", "11": "returned", "12": "countersigned", "13": "approved",
}

// openApproval decodes a change of a form of the engine inside an app, which carries our own number.
func (d *decoder) openApproval(ev *event.Event) bool {
	in := d.x.get("ApprovalInfo")
	no := in.str("ThirdNo")
	status := statusOf(openStatuses, in.str("OpenSpStatus"))
	ev.Kind = approvalKind(status, false)
	ev.Body = &event.Approval{
		Instance: d.own(event.RefInstance, no), Definition: in.str("OpenTemplateId"), Status: status, ExternalID: no,
		At: ev.At, NodeKey: in.str("approverstep"),
	}
	return no != ""
}
