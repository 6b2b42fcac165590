package wecom

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// first is the JSON of the first element of a list in an answer.
func first(t *testing.T, out map[string]any, name string) map[string]any {
	t.Helper()
	list, _ := out[name].([]any)
	if len(list) == 0 {
		t.Fatalf("no %s: %v", name, out)
	}
	return list[0].(map[string]any)
}

func TestContacts(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"su.mei"}}}})
	units := b.must(b.get("department/list"))["department"].([]any)
	if len(units) != 1+len(b.company.Departments) {
		t.Fatalf("%d departments", len(units))
	}
	root := units[0].(map[string]any)
	if root["id"] != float64(1) || root["parentid"] != float64(0) || root["name"] != "鹊桥科技" {
		t.Errorf("root: %v", root)
	}
	people := map[string]bool{}
	for _, u := range units {
		unit := u.(map[string]any)
		list := b.must(b.get("user/list?department_id=" + fmt.Sprint(unit["id"])))["userlist"].([]any)
		simple := b.must(b.get("user/simplelist?department_id=" + fmt.Sprint(unit["id"])))["userlist"].([]any)
		if len(list) != len(simple) {
			t.Errorf("%v: %d details, %d names", unit["name"], len(list), len(simple))
		}
		for _, m := range list {
			people[m.(map[string]any)["userid"].(string)] = true
		}
	}
	if len(people) != len(b.company.People)-1 || people[b.user("su.mei")] {
		t.Errorf("%d people are visible", len(people))
	}
	all := b.must(b.get("user/list?department_id=1&fetch_child=1"))["userlist"].([]any)
	if len(all) != len(people) {
		t.Errorf("%d with fetch_child", len(all))
	}
	fang := b.must(b.get("user/get?userid=wang.fang"))
	want := map[string]any{"userid": "Wang.Fang", "name": "王芳", "position": "财务总监", "gender": "0", "status": float64(1), "alias": "Fang Wang",
		"main_department": float64(b.partyID("caiwubu")), "direct_leader": []any{b.user("zhang.wei")}, "is_leader_in_dept": []any{float64(1)},
		"extattr": map[string]any{"attrs": []any{map[string]any{"type": float64(0), "name": "工号", "text": map[string]any{"value": "E01016"}}}}}
	for name, value := range want {
		if !reflect.DeepEqual(fang[name], value) {
			t.Errorf("%s is %v, want %v", name, fang[name], value)
		}
	}
	for _, name := range []string{"mobile", "email", "biz_mail", "avatar", "qr_code", "address"} {
		if _, there := fang[name]; there {
			t.Errorf("a new app sees %s", name)
		}
	}
	for path, want := range map[string]int{
		"user/get": 41009, "user/get?userid=ghost": 60111, "user/get?userid=su.mei": 60011, "user/list": 40058, "user/list?department_id=x": 40058,
		"user/list?department_id=99": 60123, "department/get": 40058, "department/get?id=99": 60123, "department/list?id=99": 60123,
	} {
		if out := b.get(path); code(out) != want {
			t.Errorf("%s: %v, want %d", path, out, want)
		}
	}
	if out := b.post("user/list_id", obj{}); code(out) != 48002 {
		t.Errorf("list_id of an app: %v", out)
	}
	unit := b.must(b.get("department/get?id=" + itoa(b.partyID("caiwubu"))))["department"].(map[string]any)
	if unit["name"] != "财务部" || !reflect.DeepEqual(unit["department_leader"], []any{"Wang.Fang"}) || unit["parentid"] != float64(1) {
		t.Errorf("department: %v", unit)
	}
	if out := b.must(b.get("agent/get?agentid=" + itoa(b.agentID()))); out["name"] != "鹊桥" {
		t.Errorf("agent: %v", out)
	}
}

// The contact-sync assistant lists ids, reads no details from here, and sends nothing.
func TestContactSync(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	b.token = b.fetch("contact_secret")
	var ids []string
	cursor := ""
	for {
		out := b.must(b.post("user/list_id", obj{"limit": 7, "cursor": cursor}))
		for _, row := range out["dept_user"].([]any) {
			ids = append(ids, row.(map[string]any)["userid"].(string))
		}
		if cursor = str(out, "next_cursor"); cursor == "" {
			break
		}
	}
	if len(ids) != len(b.company.People) {
		t.Errorf("%d ids", len(ids))
	}
	if units := b.must(b.get("department/simplelist"))["department_id"].([]any); len(units) != 1+len(b.company.Departments) {
		t.Errorf("%d departments", len(units))
	}
	for path, want := range map[string]int{"user/get?userid=wang.fang": 48009, "user/list?department_id=1": 48009, "department/list": 48009,
		"department/get?id=1": 48009, "auth/getuserinfo?code=x": 48002, "agent/get?agentid=1": 48002} {
		if out := b.get(path); code(out) != want {
			t.Errorf("%s: %v, want %d", path, out, want)
		}
	}
	if out := b.post("message/send", obj{"agentid": b.agentID()}); code(out) != 48002 {
		t.Errorf("send: %v", out)
	}
	for _, bad := range []obj{{"limit": 0}, {"limit": 10001}, {"cursor": "x"}, {"cursor": "-1"}} {
		if out := b.post("user/list_id", bad); code(out) != 40058 {
			t.Errorf("%v: %v", bad, out)
		}
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for where, check := range map[string]func(map[string]any) bool{
		NumberInUserID: func(m map[string]any) bool { return m["userid"] == "E01016" },
		NumberInAlias:  func(m map[string]any) bool { return m["userid"] == "Wang.Fang" && m["alias"] == "E01016" },
	} {
		b := newBench(t, Options{Numbers: where, Apps: []App{{Veteran: true}}})
		m := b.must(b.get("user/get?userid=" + b.user("wang.fang")))
		if !check(m) || len(m["extattr"].(map[string]any)["attrs"].([]any)) != 0 {
			t.Errorf("%s: %v", where, m)
		}
		if m["email"] != "wang.fang@example.com" || m["gender"] != "2" || strings.HasPrefix(m["mobile"].(string), "+") {
			t.Errorf("an old app sees %v", m)
		}
	}
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	p, _ := b.company.Person("wang.fang")
	for _, mobile := range []string{p.Mobile, strings.TrimPrefix(p.Mobile, "+86")} {
		if out := b.must(b.post("user/getuserid", obj{"mobile": mobile})); out["userid"] != "Wang.Fang" {
			t.Errorf("%s: %v", mobile, out)
		}
	}
	if out := b.must(b.post("user/get_userid_by_email", obj{"email": "Wang.Fang@example.com", "email_type": 2})); out["userid"] != "Wang.Fang" {
		t.Errorf("by mail: %v", out)
	}
	if out := b.post("user/getuserid", obj{"mobile": "1"}); code(out) != 40058 {
		t.Errorf("short: %v", out)
	}
	var codes []int
	for range 12 {
		codes = append(codes, code(b.post("user/getuserid", obj{"mobile": "10000000000"})))
	}
	if codes[0] != 46004 || codes[11] != 45009 {
		t.Errorf("in vain: %v", codes)
	}
	ids := []string{b.openUserID("wang.fang"), "Wang.Fang"}
	out := b.must(b.post("batch/openuserid_to_userid", obj{"open_userid_list": ids}))
	if first(t, out, "userid_list")["userid"] != "Wang.Fang" || !reflect.DeepEqual(out["invalid_open_userid_list"], []any{"Wang.Fang"}) {
		t.Errorf("open ids: %v", out)
	}
}

// upload posts a file and returns the answer.
func (b *bench) uploadFile(path, field, name string, content []byte) map[string]any {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile(field, name)
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = part.Write(content)
	_ = w.Close()
	resp, err := b.http.Client().Post(b.http.URL+"/cgi-bin/"+path, w.FormDataContentType(), &body)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		b.t.Fatal(err)
	}
	return out
}

func picture(t *testing.T) []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 3, 3))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestMedia(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	upload := func(kind, field string, content []byte) map[string]any {
		return b.uploadFile("media/upload?access_token="+b.token+"&type="+kind, field, "报价 单.pdf", content)
	}
	content := []byte(strings.Repeat("0123456789abcdef", 4))
	out := upload("file", "media", content)
	id := str(out, "media_id")
	if code(out) != 0 || id == "" || out["type"] != "file" || out["created_at"] != unix(testStart) {
		t.Fatalf("upload: %v", out)
	}
	for name, c := range map[string]struct {
		kind, field string
		content     []byte
		want        int
	}{
		"type": {"poster", "media", content, 40005}, "field": {"file", "file", content, 44001}, "small": {"file", "media", []byte("12345"), 40006},
		"empty": {"file", "media", nil, 44001}, "large": {"voice", "media", make([]byte, 2<<20+1), 45001}, "no picture": {"image", "media", content, 40123},
	} {
		if out := upload(c.kind, c.field, c.content); code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	pic := str(upload("image", "media", picture(t)), "media_id")
	if m := b.see("wang.fang", str(b.send("image", obj{"media_id": pic}, "wang.fang"), "msgid")); m.Text != "[图片]" {
		t.Errorf("picture: %q", m.Text)
	}
	if m := b.see("wang.fang", str(b.send("file", obj{"media_id": id}, "wang.fang"), "msgid")); m.Text != "[文件] 报价 单.pdf" {
		t.Errorf("file: %q", m.Text)
	}
	if out := b.post("message/send", b.body("image", obj{"media_id": id}, "wang.fang")); code(out) != 40007 {
		t.Errorf("a file as a picture: %v", out)
	}
	get := func(id, span string) (int, string, http.Header) {
		req, _ := http.NewRequest("GET", b.http.URL+"/cgi-bin/media/get?access_token="+b.token+"&media_id="+id, nil)
		if span != "" {
			req.Header.Set("Range", span)
		}
		resp, err := b.http.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(raw), resp.Header
	}
	if status, raw, h := get(id, ""); status != 200 || raw != string(content) || !strings.Contains(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("get: %d %q %v", status, raw, h)
	}
	if status, raw, h := get(id, "bytes=16-31"); status != 206 || raw != string(content[16:32]) || h.Get("Content-Range") != "bytes 16-31/64" {
		t.Errorf("range: %d %q %v", status, raw, h)
	}
	if status, raw, _ := get(id, "bytes=48-"); status != 206 || raw != string(content[48:]) {
		t.Errorf("range to the end: %d %q", status, raw)
	}
	for _, bad := range []string{"bytes=1-9", "bytes=64-80", "lines=0-1", "bytes=32-16", "bytes=0-99999999999999999999"} {
		if _, raw, _ := get(id, bad); !strings.Contains(raw, `"errcode":40146`) {
			t.Errorf("%s: %s", bad, raw)
		}
	}
	if _, raw, _ := get("nope", ""); !strings.Contains(raw, `"errcode":40007`) {
		t.Errorf("unknown: %s", raw)
	}
	b.clock.Advance(mediaLife)
	b.token = b.fetch("secret")
	if _, raw, _ := get(id, ""); !strings.Contains(raw, `"errcode":40145`) {
		t.Errorf("after three days: %s", raw)
	}
	if out := b.post("message/send", b.body("file", obj{"media_id": id}, "wang.fang")); code(out) != 40007 {
		t.Errorf("sent after three days: %v", out)
	}
}

// visit opens a sign-in link and returns where it leads to, and the page.
func (b *bench) visit(path string, q url.Values) (*url.URL, string) {
	b.t.Helper()
	client := *b.http.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Get(b.http.URL + path + "?" + q.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	to, err := resp.Location()
	if err != nil {
		return nil, string(raw)
	}
	return to, string(raw)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{TrustedDomain: "magpie.example.com:8443"}, {ID: "second"}}})
	link := func(changes ...string) url.Values {
		q := url.Values{"appid": {b.credentials()["corp_id"]}, "redirect_uri": {"https://magpie.example.com:8443/in?next=%2Fa"}, "response_type": {"code"},
			"scope": {"snsapi_base"}, "state": {"S1"}, "agentid": {itoa(b.agentID())}, "person": {"wang.fang"}}
		for i := 0; i < len(changes); i += 2 {
			q.Set(changes[i], changes[i+1])
		}
		return q
	}
	const inside, browser = "/connect/oauth2/authorize", "/wwlogin/sso/login"
	sign := func(path string, q url.Values) string {
		t.Helper()
		to, page := b.visit(path, q)
		if to == nil || to.Host != "magpie.example.com:8443" || to.Query().Get("state") != "S1" || to.Query().Get("next") != "/a" {
			t.Fatalf("%v %s", to, page)
		}
		return to.Query().Get("code")
	}
	c := sign(inside, link())
	out := b.must(b.get("auth/getuserinfo?code=" + c))
	if out["userid"] != "Wang.Fang" || out["user_ticket"] != nil {
		t.Errorf("visitor: %v", out)
	}
	if out := b.get("auth/getuserinfo?code=" + c); code(out) != 42022 {
		t.Errorf("second use: %v", out)
	}
	if out := b.must(b.get("user/getuserinfo?code=" + sign(browser, link("login_type", "CorpApp")))); out["UserId"] != "Wang.Fang" {
		t.Errorf("by the former name: %v", out)
	}
	late := sign(inside, link())
	b.clock.Advance(codeTime)
	for query, want := range map[string]int{"": 41008, "?code=": 41008, "?code=nope": 40029, "?code=" + late: 42003} {
		if out := b.get("auth/getuserinfo" + query); code(out) != want {
			t.Errorf("%q: %v, want %d", query, out, want)
		}
	}
	other := b.Connections()[1].Credentials
	token := str(b.get("gettoken?corpid="+other["corp_id"]+"&corpsecret="+other["secret"]), "access_token")
	if out := b.get("auth/getuserinfo?access_token=" + token + "&code=" + sign(inside, link())); code(out) != 40029 {
		t.Errorf("another app's code: %v", out)
	}
	out = b.must(b.get("auth/getuserinfo?code=" + sign(inside, link("scope", "snsapi_privateinfo"))))
	ticket := str(out, "user_ticket")
	if out := b.must(b.post("auth/getuserdetail", obj{"user_ticket": ticket})); out["email"] != "wang.fang@example.com" || out["gender"] != "2" {
		t.Errorf("details: %v", out)
	}
	b.clock.Advance(ticketTime)
	for ticket, want := range map[string]int{ticket: 84014, "nope": 84015} {
		if out := b.post("auth/getuserdetail", obj{"user_ticket": ticket}); code(out) != want {
			t.Errorf("%q: %v, want %d", ticket, out, want)
		}
	}
	for name, q := range map[string]url.Values{
		"corp": link("appid", "wwother"), "type": link("response_type", "token"), "scope": link("scope", "all"), "state": link("state", "a b"),
		"agent": link("agentid", "1"), "domain": link("redirect_uri", "https://evil.example.com/"), "port": link("redirect_uri", "https://magpie.example.com/"),
		"scheme": link("redirect_uri", "javascript://magpie.example.com:8443/%0aalert(1)"), "person": link("person", "nobody"),
	} {
		if to, page := b.visit(inside, q); to != nil || !strings.Contains(page, "无法登录") {
			t.Errorf("%s: %v %s", name, to, page)
		}
	}
	if to, _ := b.visit(browser, link()); to != nil {
		t.Error("a browser's link without login_type was followed")
	}
	q := link()
	q.Del("person")
	_, page := b.visit(inside, q)
	if !strings.Contains(page, "王芳") || !strings.Contains(page, "person=wang.fang") || strings.Contains(page, "<script") {
		t.Errorf("page: %s", page)
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{}, {ID: "second"}, {ID: "narrow", Unavailable: []string{"su.mei"}}}})
	fang, jie := b.user("wang.fang"), b.user("chen.jie")
	out := b.must(b.post("appchat/create", obj{"name": "项目群", "owner": fang, "userlist": []string{fang, jie}, "chatid": "room1"}))
	if out["chatid"] != "room1" {
		t.Fatalf("create: %v", out)
	}
	for name, c := range map[string]struct {
		body obj
		want int
	}{
		"again":   {obj{"userlist": []string{fang, jie}, "chatid": "room1"}, 86215},
		"bad id":  {obj{"userlist": []string{fang, jie}, "chatid": "room_1"}, 86001},
		"name":    {obj{"userlist": []string{fang, jie}, "name": strings.Repeat("长", 51)}, 86004},
		"owner":   {obj{"userlist": []string{fang, jie}, "owner": "ghost"}, 86005},
		"outside": {obj{"userlist": []string{fang, jie}, "owner": b.user("su.mei")}, 86207},
		"alone":   {obj{"userlist": []string{fang}}, 86006},
		"ghost":   {obj{"userlist": []string{fang, "ghost"}}, 86216},
	} {
		if out := b.post("appchat/create", c.body); code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	out = b.must(b.post("appchat/send", obj{"chatid": "room1", "msgtype": "text", "text": obj{"content": "请 <@chen.jie> 看", "mentioned_list": []string{fang, "@all"}}}))
	if out["msgid"] != nil {
		t.Error("a group's message has a msgid")
	}
	list, _ := b.Messages("chen.jie", "room1")
	if len(list) != 1 || list[0].Text != "@王芳 @所有人\n请 @陈洁 看" {
		t.Errorf("seen: %+v", list)
	}
	if out := b.post("appchat/send", obj{"chatid": "room1", "msgtype": "template_card", "template_card": notice()}); code(out) != 40008 {
		t.Errorf("a card: %v", out)
	}
	b.must(b.post("appchat/update", obj{"chatid": "room1", "name": "新群", "add_user_list": []string{b.user("su.mei")}, "del_user_list": []string{jie}}))
	info := b.must(b.get("appchat/get?chatid=room1"))["chat_info"].(map[string]any)
	if info["name"] != "新群" || !reflect.DeepEqual(info["userlist"], []any{fang, b.user("su.mei")}) || info["owner"] != fang {
		t.Errorf("chat: %v", info)
	}
	for name, c := range map[string]struct {
		body obj
		want int
	}{
		"too few": {obj{"chatid": "room1", "del_user_list": []string{fang}}, 86006}, "no id": {obj{}, 86201}, "unknown": {obj{"chatid": "x"}, 86003},
		"owner": {obj{"chatid": "room1", "owner": jie}, 86207},
	} {
		if out := b.post("appchat/update", c.body); code(out) != c.want {
			t.Errorf("update %s: %v, want %d", name, out, c.want)
		}
	}
	token := func(i int) string {
		c := b.Connections()[i].Credentials
		return str(b.get("gettoken?corpid="+c["corp_id"]+"&corpsecret="+c["secret"]), "access_token")
	}
	if out := b.get("appchat/get?chatid=room1&access_token=" + token(1)); code(out) != 86008 {
		t.Errorf("another app's: %v", out)
	}
	if out := b.post("appchat/create?access_token="+token(2), obj{"userlist": []string{fang, jie}}); code(out) != 48002 {
		t.Errorf("an app with a narrow range: %v", out)
	}
	if chats := b.Chats("su.mei"); len(chats) != 3 || chats[2].Name != "新群" || chats[2].Type != "group" {
		t.Errorf("chats: %+v", chats)
	}
	// What is said there, the app does not hear.
	if _, err := b.Say(background(t), "wang.fang", "room1", "有人吗"); err != nil || len(b.Deliveries()) != 0 {
		t.Errorf("said in a group: %v %v", err, b.Deliveries())
	}
}

func TestPush(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Pushes: []Push{{ID: "alarm", Group: "purchase"}, {ID: "other", Group: "all"}}})
	b.token = ""
	address, ok := b.PushURL("alarm")
	if !ok {
		t.Fatal("no address")
	}
	path := strings.TrimPrefix(address, b.http.URL+"/cgi-bin/")
	key := path[strings.Index(path, "=")+1:]
	b.must(b.post(path, obj{"msgtype": "text", "text": obj{"content": "报警", "mentioned_list": []string{"wang.fang", "@all"}}}))
	group := b.groupID("purchase")
	list, err := b.Messages("wang.fang", group)
	if err != nil || len(list) != 1 || list[0].Text != "@王芳 @所有人\n报警" || list[0].From != "bot" {
		t.Errorf("seen: %v %+v", err, list)
	}
	pic := picture(t)
	for name, c := range map[string]struct {
		body obj
		want int
	}{
		"long":        {obj{"msgtype": "text", "text": obj{"content": strings.Repeat("x", 2049)}}, 40058},
		"long mark":   {obj{"msgtype": "markdown", "markdown": obj{"content": strings.Repeat("x", 4097)}}, 40058},
		"empty":       {obj{"msgtype": "text"}, 93017},
		"type":        {obj{"msgtype": "textcard", "textcard": obj{}}, 40008},
		"interactive": {obj{"msgtype": "template_card", "template_card": button("t")}, 42031},
		"menu": {obj{"msgtype": "template_card", "template_card": set(notice(), obj{"desc": "x", "action_list": []obj{{"text": "a", "key": "b"}}},
			"action_menu")}, 40058},
		"md5":      {obj{"msgtype": "image", "image": obj{"base64": pic, "md5": "x"}}, 301019},
		"no image": {obj{"msgtype": "image", "image": obj{}}, 93017},
	} {
		if out := b.post(path, c.body); code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	if out := b.post("webhook/send?key=wrong", obj{"msgtype": "text", "text": obj{"content": "x"}}); code(out) != 93000 {
		t.Errorf("wrong key: %v", out)
	}
	media := str(b.uploadFile("webhook/upload_media?type=file&key="+key, "media", "a.txt", []byte("0123456789")), "media_id")
	b.must(b.post(path, obj{"msgtype": "file", "file": obj{"media_id": media}}))
	other, _ := b.PushURL("other")
	if out := b.post(strings.TrimPrefix(other, b.http.URL+"/cgi-bin/"), obj{"msgtype": "file", "file": obj{"media_id": media}}); code(out) != 40007 {
		t.Errorf("another push's file: %v", out)
	}
	for range pushMinute - 2 {
		b.must(b.post(path, obj{"msgtype": "markdown_v2", "markdown_v2": obj{"content": "| a |"}}))
	}
	if out := b.post(path, obj{"msgtype": "template_card", "template_card": notice()}); code(out) != 45009 {
		t.Errorf("too many: %v", out)
	}
	b.clock.Advance(time.Minute)
	b.must(b.post(path, obj{"msgtype": "template_card", "template_card": notice()}))
	for _, c := range b.Calls() {
		if strings.Contains(c.Path, key) {
			t.Errorf("the log has the key: %s", c.Path)
		}
	}
}
