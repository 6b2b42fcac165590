package wecom

import (
	"encoding/xml"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/silenceper/wechat/v2/cache"
	"github.com/silenceper/wechat/v2/util"
	"github.com/silenceper/wechat/v2/work"
	"github.com/silenceper/wechat/v2/work/addresslist"
	"github.com/silenceper/wechat/v2/work/config"
	workmessage "github.com/silenceper/wechat/v2/work/message"
	"github.com/silenceper/wechat/v2/work/oauth"
	workrobot "github.com/silenceper/wechat/v2/work/robot"
)

// An outside library works against the simulator by another host only. Its host and its HTTP client are
// globals, so this is the one test that may touch it.
func TestSDK(t *testing.T) {
	t.Parallel()
	h := newHook(t, nil)
	b := newBench(t, Options{Apps: []App{{Webhook: h.URL}}, Pushes: []Push{{ID: "push", Group: "all"}}})
	util.DefaultHTTPClient = b.http.Client()
	util.SetURIModifier(func(uri string) string {
		return strings.Replace(uri, "https://qyapi.weixin.qq.com", b.http.URL, 1)
	})
	c := b.credentials()
	client := func(secret string) *work.Work {
		return work.NewWork(&config.Config{CorpID: c["corp_id"], CorpSecret: c[secret], AgentID: c["agent_id"], Cache: cache.NewMemory()})
	}
	app := client("secret")

	t.Run("message", func(t *testing.T) {
		sent, err := app.GetMessage().SendText(workmessage.SendTextRequest{
			SendRequestCommon: &workmessage.SendRequestCommon{ToUser: "WANG.FANG|Ghost", MsgType: "text", AgentID: c["agent_id"]},
			Text:              workmessage.TextField{Content: "a<b & c"},
		})
		if err != nil || sent.MsgID == "" || sent.InvalidUser != "ghost" {
			t.Fatalf("send: %v %+v", err, sent)
		}
		if m := b.see("wang.fang", sent.MsgID); m.Text != "a<b & c" {
			t.Errorf("seen: %q", m.Text)
		}
		sent, err = app.GetMessage().Send("card", map[string]any{"touser": "Wang.Fang", "msgtype": "template_card", "agentid": b.agentID(), "template_card": button("t-1")})
		if err != nil || sent.ResponseCode == "" {
			t.Errorf("card: %v %+v", err, sent)
		}
		_, err = app.GetMessage().Send("card", map[string]any{"touser": "Wang.Fang", "msgtype": "template_card", "agentid": b.agentID(), "template_card": button("t-1")})
		var refused *util.CommonError
		if !errors.As(err, &refused) || refused.ErrCode != 42014 {
			t.Errorf("the same task_id: %v", err)
		}
	})
	t.Run("contacts", func(t *testing.T) {
		book := app.GetAddressList()
		units, err := book.DepartmentList()
		if err != nil || len(units) != 1+len(b.company.Departments) {
			t.Fatalf("departments: %v %d", err, len(units))
		}
		people := 0
		for _, unit := range units {
			list, err := book.UserSimpleList(unit.ID)
			if err != nil {
				t.Fatal(err)
			}
			people += len(list)
		}
		if people != len(b.company.People) {
			t.Errorf("%d people", people)
		}
		fang, err := book.UserGet("wang.fang")
		if err != nil || fang.UserID != "Wang.Fang" || fang.Mobile != "" || fang.Extattr.Attrs[0].Text.Value != "E01016" || fang.DirectLeader[0] != "Zhang.Wei" {
			t.Errorf("user: %v %+v", err, fang)
		}
		p, _ := b.company.Person("wang.fang")
		if found, err := book.GetUserid(&addresslist.GetUseridRequest{Mobile: p.Mobile}); err != nil || found.Userid != "Wang.Fang" {
			t.Errorf("by phone: %v %+v", err, found)
		}
		ids, err := client("contact_secret").GetAddressList().UserListID(&addresslist.UserListIDRequest{Limit: 100})
		if err != nil || len(ids.DeptUser) != people {
			t.Errorf("ids: %v %+v", err, ids)
		}
	})
	t.Run("media", func(t *testing.T) {
		words := strings.Repeat("报价单 ", 10)
		up, err := app.GetMaterial().UploadTempFileFromReader("报价.txt", "file", strings.NewReader(words))
		if err != nil || up.MediaID == "" {
			t.Fatalf("upload: %v %+v", err, up)
		}
		down, err := app.GetMaterial().GetTempFile(up.MediaID)
		if err != nil || string(down) != words {
			t.Errorf("download: %v %q", err, down)
		}
		if _, err := app.GetMaterial().GetTempFile("nope"); err == nil {
			t.Error("an unknown file was handed out")
		}
	})
	t.Run("sign-in", func(t *testing.T) {
		link, err := url.Parse(app.GetOauth().GetTargetPrivateURL("https://magpie.example.com/in", c["agent_id"]))
		if err != nil {
			t.Fatal(err)
		}
		q := link.Query()
		q.Set("person", "wang.fang")
		to, page := b.visit(link.Path, q)
		if to == nil {
			t.Fatalf("page: %s", page)
		}
		who, err := app.GetOauth().GetUserInfo(to.Query().Get("code"))
		if err != nil || who.UserID != "Wang.Fang" || who.UserTicket == "" {
			t.Fatalf("visitor: %v %+v", err, who)
		}
		more, err := app.GetOauth().GetUserDetail(&oauth.GetUserDetailRequest{UserTicket: who.UserTicket})
		if err != nil || more.Email != "wang.fang@example.com" {
			t.Errorf("details: %v %+v", err, more)
		}
	})
	t.Run("push", func(t *testing.T) {
		address, _ := b.PushURL("push")
		_, key, _ := strings.Cut(address, "key=")
		info, err := app.GetRobot().RobotBroadcast(key, workrobot.WebhookSendTextOption{MsgType: "text", Text: struct {
			Content             string   `json:"content"`
			MentionedList       []string `json:"mentioned_list"`
			MentionedMobileList []string `json:"mentioned_mobile_list"`
		}{Content: "报警"}})
		if err != nil || info.ErrCode != 0 {
			t.Errorf("push: %v %+v", err, info)
		}
		if info, _ := app.GetRobot().RobotBroadcast("wrong", map[string]string{"msgtype": "text"}); info.ErrCode != 93000 {
			t.Errorf("wrong key: %+v", info)
		}
	})
	t.Run("callback", func(t *testing.T) {
		if _, err := b.Say(background(t), "wang.fang", "", "采购"); err != nil {
			t.Fatal(err)
		}
		got := h.next(t)
		var e struct{ Encrypt string }
		if err := xml.Unmarshal(got.body, &e); err != nil {
			t.Fatal(err)
		}
		if util.Signature(c["token"], got.query["timestamp"], got.query["nonce"], e.Encrypt) != got.query["msg_signature"] {
			t.Error("the library computes another signature")
		}
		_, plain, err := util.DecryptMsg(c["corp_id"], e.Encrypt, c["encoding_aes_key"])
		if err != nil || !strings.Contains(string(plain), "<Content><![CDATA[采购]]></Content>") {
			t.Errorf("decrypted: %v %s", err, plain)
		}
	})
	// It knows nothing of expired tokens: both calls fail, as they do with the real one.
	t.Run("expired", func(t *testing.T) {
		b.clock.Advance(tokenLife)
		var codes []int64
		for range 2 {
			_, err := app.GetAddressList().DepartmentGet(1)
			var refused *util.CommonError
			if errors.As(err, &refused) {
				codes = append(codes, refused.ErrCode)
			}
		}
		if !slices.Equal(codes, []int64{42001, 42001}) {
			t.Errorf("codes %v", codes)
		}
	})
}
