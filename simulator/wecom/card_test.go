package wecom

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func notice() obj {
	return obj{"card_type": "text_notice", "main_title": obj{"title": "采购申请 已同意"},
		"card_action": obj{"type": 1, "url": "https://example.com/1"}}
}

func news() obj {
	c := notice()
	c["card_type"], c["card_image"] = "news_notice", obj{"url": "https://example.com/p.png", "aspect_ratio": 1.5}
	return c
}

func options(n int) []obj {
	var out []obj
	for i := range n {
		out = append(out, obj{"id": "o" + itoa(i), "text": "选项" + itoa(i)})
	}
	return out
}

func vote(task string) obj {
	return obj{"card_type": "vote_interaction", "task_id": task, "main_title": obj{"title": "何时开会"},
		"checkbox": obj{"question_key": "slot", "mode": 1, "option_list": options(3)}, "submit_button": obj{"text": "提交", "key": "submit"}}
}

func multiple(task string) obj {
	return obj{"card_type": "multiple_interaction", "task_id": task, "main_title": obj{"title": "补全"},
		"select_list": []obj{{"question_key": "owner", "title": "负责人", "option_list": options(3), "selected_id": "o1"},
			{"question_key": "due", "title": "期限", "option_list": options(2)}},
		"submit_button": obj{"text": "提交", "key": "submit"}}
}

// set replaces a field by path in a copy of a card; nil removes it.
func set(card obj, value any, path ...string) obj {
	var out obj
	if err := json.Unmarshal(encode(card), &out); err != nil {
		panic(err)
	}
	at := out
	for _, p := range path[:len(path)-1] {
		switch next := at[p].(type) {
		case map[string]any:
			at = next
		case []any:
			at = next[0].(map[string]any)
		default:
			panic("no " + p)
		}
	}
	if last := path[len(path)-1]; value == nil {
		delete(at, last)
	} else {
		at[last] = value
	}
	return out
}

func TestCardRules(t *testing.T) {
	t.Parallel()
	b, _ := desk(t, nil)
	row := obj{"keyname": "键", "value": "值"}
	long := strings.Repeat("k", 1025)
	for name, c := range map[string]struct {
		card obj
		want int
	}{
		"wrapped twice":            {obj{"template_card": notice()}, 41016},
		"no title":                 {set(notice(), nil, "main_title"), 41016},
		"no title on buttons":      {set(button("a"), nil, "main_title", "title"), 41016},
		"kind":                     {set(notice(), "poster", "card_type"), 42031},
		"no kind":                  {set(notice(), nil, "card_type"), 42031},
		"no action":                {set(notice(), nil, "card_action"), 42045},
		"action of type 0":         {set(notice(), 0, "card_action", "type"), 42045},
		"action of type 3":         {set(button("a"), obj{"type": 3}, "card_action"), 42045},
		"action without url":       {set(notice(), nil, "card_action", "url"), 42028},
		"action without appid":     {set(notice(), obj{"type": 2}, "card_action"), 42030},
		"action without scheme":    {set(notice(), "example.com", "card_action", "url"), 45034},
		"no picture":               {set(news(), nil, "card_image"), 42044},
		"picture without url":      {set(news(), nil, "card_image", "url"), 42044},
		"beside without picture":   {set(set(news(), nil, "card_image"), obj{"type": 0, "title": "x"}, "image_text_area"), 42044},
		"seven rows":               {set(notice(), slices.Repeat([]obj{row}, 7), "horizontal_content_list"), 42035},
		"row without key":          {set(notice(), []obj{{"value": "x"}}, "horizontal_content_list"), 42027},
		"row without url":          {set(notice(), []obj{{"keyname": "x", "type": 1}}, "horizontal_content_list"), 42028},
		"row without media":        {set(notice(), []obj{{"keyname": "x", "type": 2}}, "horizontal_content_list"), 42029},
		"row with unknown media":   {set(notice(), []obj{{"keyname": "x", "type": 2, "media_id": "m"}}, "horizontal_content_list"), 40007},
		"row without member":       {set(notice(), []obj{{"keyname": "x", "type": 3}}, "horizontal_content_list"), 42050},
		"five verticals":           {set(news(), slices.Repeat([]obj{{"title": "x"}}, 5), "vertical_content_list"), 42036},
		"vertical without title":   {set(news(), []obj{{"desc": "x"}}, "vertical_content_list"), 42033},
		"four jumps":               {set(notice(), slices.Repeat([]obj{{"title": "x"}}, 4), "jump_list"), 42042},
		"jump without title":       {set(notice(), []obj{{"type": 0}}, "jump_list"), 42033},
		"jump without url":         {set(notice(), []obj{{"type": 1, "title": "x"}}, "jump_list"), 42028},
		"quote without url":        {set(notice(), obj{"type": 1}, "quote_area"), 42028},
		"no task":                  {set(button("a"), nil, "task_id"), 42014},
		"task in Chinese":          {set(button("a"), "任务", "task_id"), 42014},
		"long task":                {set(button("a"), strings.Repeat("a", 129), "task_id"), 42014},
		"menu without task":        {set(notice(), obj{"desc": "x", "action_list": []obj{{"text": "a", "key": "b"}}}, "action_menu"), 42014},
		"empty menu":               {set(button("a"), []obj{}, "action_menu", "action_list"), 40058},
		"four in a menu":           {set(button("a"), slices.Repeat([]obj{{"text": "a", "key": "b"}}, 4), "action_menu", "action_list"), 40058},
		"menu without key":         {set(button("a"), nil, "action_menu", "action_list", "key"), 42019},
		"menu without text":        {set(button("a"), nil, "action_menu", "action_list", "text"), 42020},
		"menu twice":               {set(button("a"), slices.Repeat([]obj{{"text": "a", "key": "b"}}, 2), "action_menu", "action_list"), 42051},
		"menu like button":         {set(button("a"), "approve:1", "action_menu", "action_list", "key"), 42051},
		"no buttons":               {set(button("a"), nil, "button_list"), 40058},
		"seven buttons":            {set(button("a"), slices.Repeat([]obj{{"text": "x", "type": 1, "url": "https://a"}}, 7), "button_list"), 40058},
		"button without text":      {set(button("a"), nil, "button_list", "text"), 42038},
		"button without key":       {set(button("a"), nil, "button_list", "key"), 42039},
		"long key":                 {set(button("a"), long, "button_list", "key"), 42039},
		"key twice":                {set(button("a"), "reject:1", "button_list", "key"), 42039},
		"link without url":         {set(button("a"), []obj{{"text": "x", "type": 1}}, "button_list"), 42028},
		"selection without key":    {set(button("a"), obj{"option_list": options(1)}, "button_selection"), 42043},
		"selection without option": {set(button("a"), obj{"question_key": "q"}, "button_selection"), 42037},
		"eleven options":           {set(button("a"), obj{"question_key": "q", "option_list": options(11)}, "button_selection"), 42037},
		"option without id":        {set(vote("a"), nil, "checkbox", "option_list", "id"), 42040},
		"long option":              {set(vote("a"), strings.Repeat("x", 129), "checkbox", "option_list", "id"), 42040},
		"option twice":             {set(vote("a"), "o1", "checkbox", "option_list", "id"), 42040},
		"option without text":      {set(vote("a"), nil, "checkbox", "option_list", "text"), 42041},
		"21 choices":               {set(vote("a"), options(21), "checkbox", "option_list"), 42037},
		"no checkbox":              {set(vote("a"), nil, "checkbox"), 42043},
		"mode":                     {set(vote("a"), 2, "checkbox", "mode"), 40058},
		"submit without key":       {set(vote("a"), nil, "submit_button", "key"), 42046},
		"submit without text":      {set(multiple("a"), nil, "submit_button", "text"), 42049},
		"no selects":               {set(multiple("a"), nil, "select_list"), 42047},
		"four selects":             {set(multiple("a"), slices.Repeat([]obj{{"question_key": "q", "option_list": options(1)}}, 4), "select_list"), 42047},
		"same question":            {set(multiple("a"), "due", "select_list", "question_key"), 42043},
	} {
		if out := b.post("message/send", b.body("template_card", c.card, "wang.fang")); code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	if n := len(b.state.Messages); n != 0 {
		t.Errorf("%d refused cards arrived", n)
	}
	for name, card := range map[string]obj{
		"notice": notice(), "news": news(), "buttons": button("t-1"), "vote": vote("t-2"), "multiple": multiple("t-3"),
		"20 choices": set(vote("t-4"), options(20), "checkbox", "option_list"), "subtitle": set(set(notice(), nil, "main_title"), "x", "sub_title_text"),
		"member": set(notice(), []obj{{"keyname": "人", "value": "王芳", "type": 3, "userid": "WANG.FANG"}}, "horizontal_content_list"),
		"long":   set(notice(), strings.Repeat("长", 100), "main_title", "title"),
	} {
		out := b.post("message/send", b.body("template_card", card, "wang.fang"))
		if code(out) != 0 {
			t.Errorf("%s: %v", name, out)
		}
		if has, want := out["response_code"] != nil, interactive[card["card_type"].(string)]; has != want {
			t.Errorf("%s: response_code %v", name, out["response_code"])
		}
	}
	if out := b.post("message/send", b.body("template_card", button("t-1"), "wang.fang")); code(out) != 42014 {
		t.Errorf("repeated task_id: %v", out)
	}
	b.send("template_card", set(notice(), "unknown", "surprise"), "wang.fang")
	if !slices.ContainsFunc(b.Warnings(), func(w string) bool { return strings.Contains(w, "has no surprise") }) {
		t.Errorf("warnings: %v", b.Warnings())
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	h := newHook(t, nil)
	b := newBench(t, Options{Apps: []App{{Webhook: h.URL}, {ID: "second"}}})
	out := b.send("template_card", button("t-1"), "wang.fang", "chen.jie")
	id, first := str(out, "msgid"), str(out, "response_code")
	update := func(code string, extra obj) map[string]any {
		body := obj{"agentid": b.agentID(), "response_code": code}
		for k, v := range extra {
			body[k] = v
		}
		return b.post("message/update_template_card", body)
	}
	grey := obj{"replace_name": "已确认"}
	for name, c := range map[string]struct {
		code  string
		extra obj
		want  int
	}{
		"no code":        {"", obj{"atall": 1, "button": grey}, 60140},
		"unknown code":   {"x", obj{"atall": 1, "button": grey}, 60140},
		"neither":        {first, obj{"atall": 1}, 40058},
		"both":           {first, obj{"atall": 1, "button": grey, "template_card": notice()}, 40058},
		"empty name":     {first, obj{"atall": 1, "button": obj{}}, 40058},
		"for nobody":     {first, obj{"button": grey}, 82101},
		"for others":     {first, obj{"userids": []string{b.user("su.mei")}, "button": grey}, 82102},
		"too many":       {first, obj{"userids": slices.Repeat([]string{"a"}, 1001), "button": grey}, 40032},
		"bad card":       {first, obj{"atall": 1, "template_card": set(notice(), nil, "card_action")}, 42045},
		"another's code": {first, obj{"atall": 1, "button": grey, "agentid": b.apps[1].AgentID}, 301002},
	} {
		if out := update(c.code, c.extra); code(out) != c.want {
			t.Errorf("%s: %v, want %d", name, out, c.want)
		}
	}
	out = b.must(update(first, obj{"userids": []string{b.user("wang.fang"), b.user("su.mei"), "Ghost"}, "button": grey}))
	if got, want := out["invaliduser"], []any{"ghost", strings.ToLower(b.user("su.mei"))}; len(got.([]any)) != 2 || got.([]any)[0] != want[0] || got.([]any)[1] != want[1] {
		t.Errorf("invaliduser: %v", got)
	}
	if out := update(first, obj{"atall": 1, "button": grey}); code(out) != 60140 {
		t.Errorf("second use: %v", out)
	}
	m := b.see("wang.fang", id)
	if !m.Updated || m.Buttons[0].Label != "已确认" || !m.Buttons[0].Disabled || !strings.Contains(string(m.Card), `"replace_name":"已确认"`) {
		t.Errorf("updated: %+v %s", m.Buttons, m.Card)
	}
	if m := b.see("chen.jie", id); m.Updated || m.Buttons[0].Label != "同意" {
		t.Errorf("of another person: %+v", m.Buttons)
	}
	// A press brings a code of its own, good for everybody, and for 72 hours.
	if r, err := b.Press(background(t), "chen.jie", id, "同意", nil); err != nil || r.Status != "ok" {
		t.Fatalf("press: %v %+v", err, r)
	}
	e := h.next(t).event(t, b.credentials())
	if out := update(e.ResponseCode, obj{"atall": 1, "template_card": set(notice(), "t-9", "task_id")}); code(out) != 0 {
		t.Errorf("update by the press: %v", out)
	}
	for _, person := range []string{"wang.fang", "chen.jie"} {
		if m := b.see(person, id); m.Text != "采购申请 已同意" || len(m.Buttons) != 1 || m.Buttons[0].URL != "https://example.com/1" {
			t.Errorf("%s sees %q %+v", person, m.Text, m.Buttons)
		}
	}
	// It has become a notice without any callback: no code can change it any more.
	b.mu.Lock()
	spare := b.newCode(b.apps[0], b.byMsg[id])
	b.mu.Unlock()
	if out := update(spare, obj{"atall": 1, "template_card": notice()}); code(out) != 60140 {
		t.Errorf("a notice was changed: %v", out)
	}
	out = b.send("template_card", button("t-2"), "wang.fang")
	b.clock.Advance(codeLife)
	b.token = b.fetch("secret")
	if out := update(str(out, "response_code"), obj{"atall": 1, "button": grey}); code(out) != 60140 {
		t.Errorf("after 72 hours: %v", out)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	b, _ := desk(t, nil)
	body := b.body("template_card", set(button("t-1"), "$userName=Wang.Fang$ 与 $userName=nobody$", "main_title", "title"), "wang.fang")
	body["enable_id_trans"] = 1
	if m := b.see("wang.fang", str(b.must(b.post("message/send", body)), "msgid")); !strings.Contains(m.Text, "王芳 与 $userName=nobody$") {
		t.Errorf("seen: %q", m.Text)
	}
	body = b.body("text", obj{"content": "$departmentName=1$ $userName=Wang.Fang$"}, "wang.fang")
	if m := b.see("wang.fang", str(b.must(b.post("message/send", body)), "msgid")); m.Text != "$departmentName=1$ $userName=Wang.Fang$" {
		t.Errorf("translated without being asked: %q", m.Text)
	}
	body["enable_id_trans"] = 1
	if m := b.see("wang.fang", str(b.must(b.post("message/send", body)), "msgid")); m.Text != "鹊桥科技 王芳" {
		t.Errorf("seen: %q", m.Text)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	b, _ := desk(t, nil)
	for _, c := range []struct {
		kind       string
		content    obj
		text       string
		shown, url string
	}{
		{"markdown", obj{"content": "# 标题\n> **粗** <font color=\"info\">绿</font> [链](https://a.cn)"}, "标题\n粗 绿 链", "card", ""},
		{"textcard", obj{"title": "会议", "description": "<div class=\"gray\">周三</div>三楼", "url": "https://a.cn/1", "btntxt": "更多"}, "会议\n周三三楼", "card", "https://a.cn/1"},
		{"news", obj{"articles": []obj{{"title": "公告", "description": "放假", "url": "https://a.cn/2"}}}, "公告\n放假", "card", "https://a.cn/2"},
		{"text", obj{"content": "你好"}, "你好", "text", ""},
	} {
		m := b.see("wang.fang", str(b.send(c.kind, c.content, "wang.fang"), "msgid"))
		if m.Text != c.text || m.Kind != c.shown {
			t.Errorf("%s: %q as %s, want %q", c.kind, m.Text, m.Kind, c.text)
		}
		if c.url != "" && (len(m.Buttons) != 1 || m.Buttons[0].URL != c.url) {
			t.Errorf("%s: %+v", c.kind, m.Buttons)
		}
		if c.shown == "card" && !strings.Contains(string(m.Card), `"msgtype":"`+c.kind+`"`) {
			t.Errorf("%s: %s", c.kind, m.Card)
		}
	}
	m := b.see("wang.fang", str(b.send("template_card", multiple("t-1"), "wang.fang"), "msgid"))
	if len(m.Inputs) != 2 || m.Inputs[0].Value != "o1" || m.Inputs[1].Value != "o0" || m.Inputs[0].Label != "负责人" || !m.Buttons[0].Submit {
		t.Errorf("multiple: %+v %+v", m.Inputs, m.Buttons)
	}
	m = b.see("wang.fang", str(b.send("template_card", vote("t-2"), "wang.fang"), "msgid"))
	if len(m.Inputs) != 1 || m.Inputs[0].Kind != "multiselect" || len(m.Inputs[0].Options) != 3 {
		t.Errorf("vote: %+v", m.Inputs)
	}
}

// FuzzCard: whatever the JSON of a card, it is refused or laid out, and never both.
func FuzzCard(f *testing.F) {
	for _, card := range []obj{notice(), news(), button("a"), vote("b"), multiple("c"), {"template_card": notice()}} {
		f.Add(string(encode(card)))
	}
	s, err := New(Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	f.Fuzz(func(t *testing.T, raw string) {
		card, err := parseObject([]byte(raw))
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		q := s.internal(s.apps[0])
		refusal := q.checkCard(card)
		laid := viewCard(card.marshal(), "", true)
		if refusal != nil {
			return
		}
		if cardBlocks[laid.kind] == "" || len(laid.lines) == 0 {
			t.Fatalf("accepted, and says nothing: %s", raw)
		}
		for _, b := range laid.buttons {
			if b.ID == "" {
				t.Fatalf("a button without an id: %s", raw)
			}
		}
		_, _, _ = laid.choices(nil)
	})
}

// FuzzObject: reading a body never panics, and what is read can be written again.
func FuzzObject(f *testing.F) {
	f.Add([]byte(`{"a":1,"b":"2","c":[{"d":null}],"e":{"f":true}}`))
	f.Add([]byte(`{"a":1e400}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		escapes(raw)
		o, err := parseObject(raw)
		if err != nil {
			return
		}
		for name := range o.fields {
			_, _ = o.num(name)
			_, _, _, _ = o.str(name), o.flag(name), o.list(name), o.strs(name)
			_, _ = o.obj(name)
		}
		if _, err := parseObject(o.marshal()); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
	})
}
