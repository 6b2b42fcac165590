package feishu

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
)

func data(format string, args ...any) reply {
	return reply{Body: json.RawMessage(`{"code":0,"msg":"success","data":` + fmt.Sprintf(format, args...) + `}`)}
}

func company(v *vendor) {
	v.on("GET /open-apis/contact/v3/scopes", data(`{"department_ids":["od-1"],"user_ids":["ou_9"],"has_more":false}`))
	v.on("GET /open-apis/contact/v3/departments/od-1", data(`{"department":{"name":"研发部","open_department_id":"od-1","parent_department_id":"0","leader_user_id":"ou_1","order":"20"}}`))
	v.on("GET /open-apis/contact/v3/departments/od-1/children",
		data(`{"items":[{"name":"平台组","open_department_id":"od-2","parent_department_id":"od-1","leaders":[{"leaderType":2,"leaderID":"ou_3"},{"leaderType":1,"leaderID":"ou_2"}]}],"has_more":true,"page_token":"p2"}`),
		data(`{"items":[{"name":"旧组","open_department_id":"od-3","parent_department_id":"od-1","status":{"is_deleted":true}}],"has_more":false}`))
	v.on("GET /open-apis/contact/v3/users/find_by_department",
		data(`{"items":[{"open_id":"ou_1","union_id":"on_1","user_id":"e1","name":"韩梅梅","employee_no":"E1","mobile":"+8613900000001","department_ids":["od-1"],"status":{"is_activated":true}}],"has_more":true,"page_token":"u2"}`),
		data(`{"items":[{"open_id":"ou_2","name":"李雷","leader_user_id":"ou_1","department_ids":["od-2"],"status":{"is_activated":true,"is_resigned":true}}],"has_more":false}`),
		data(`{"items":[{"open_id":"ou_2","name":"李雷"}],"has_more":false}`))
	v.on("GET /open-apis/contact/v3/users/ou_9", data(`{"user":{"open_id":"ou_9","name":"外包"}}`))
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	company(v)
	p := v.platform()
	s := scoped{tenant: outTenant, app: testApp}
	depts, err := p.Departments(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []event.Department{
		{Ref: s.dept("od-1"), Name: "研发部", Leads: []event.Ref{s.user("ou_1")}, Order: 20},
		{Ref: s.dept("od-2"), Name: "平台组", Parent: "od-1", Leads: []event.Ref{s.user("ou_2"), s.user("ou_3")}},
	}
	if d := cmp.Diff(want, depts); d != "" {
		t.Error(d)
	}
	company(v)
	accounts, err := p.Accounts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	boss := s.user("ou_1")
	wantAccounts := []event.Account{
		{Refs: []event.Ref{boss, s.union("on_1"), s.employee("e1")}, Name: "韩梅梅", EmployeeNo: "E1", Mobile: "+8613900000001", Depts: []string{"od-1"}, Active: true},
		{Refs: []event.Ref{s.user("ou_2")}, Name: "李雷", Manager: &boss, Depts: []string{"od-2"}, Left: true},
		{Refs: []event.Ref{s.user("ou_9")}, Name: "外包", Active: true},
	}
	if d := cmp.Diff(wantAccounts, accounts); d != "" {
		t.Error(d)
	}
}

// TestHalfADirectoryIsNone: whichever call fails, nothing is returned.
func TestHalfADirectoryIsNone(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"scopes", "departments/od-1", "departments/od-1/children", "users/find_by_department", "users/ou_9"} {
		v := newVendor(t)
		company(v)
		v.on("GET /open-apis/contact/v3/"+call, refusal(400, 99991672))
		accounts, err := v.platform().Accounts(context.Background())
		if adapters.KindOf(err) != adapters.KindForbidden || accounts != nil {
			t.Errorf("%s: %v, %v", call, accounts, err)
		}
	}
	v := newVendor(t)
	company(v)
	v.on("GET /open-apis/contact/v3/scopes", data(`{"has_more":true,"page_token":"same"}`))
	if _, err := v.platform().Departments(context.Background()); adapters.KindOf(err) != adapters.KindTransient {
		t.Errorf("a listing without an end: %v", err)
	}
}

// A directory of thousands is read on at the suite's pace, not given up at the page where the rate was met.
func TestDirectoryAtTheSuitesPace(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	company(v)
	slow := refusal(429, 99991400, "x-ogw-ratelimit-reset", "7")
	v.on("GET /open-apis/contact/v3/users/find_by_department",
		data(`{"items":[{"open_id":"ou_1","name":"韩梅梅"}],"has_more":true,"page_token":"u2"}`), slow, refusal(400, 99991400),
		data(`{"items":[{"open_id":"ou_2","name":"李雷"}],"has_more":false}`))
	p := v.platform()
	var waits []time.Duration
	p.api.pause = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	accounts, err := p.Accounts(context.Background())
	if err != nil || len(accounts) != 3 || len(waits) != 2 || waits[0] != 7*time.Second || waits[1] != time.Second {
		t.Errorf("%d accounts after %v: %v", len(accounts), waits, err)
	}
	// A suite that never lets it through ends it.
	waits = nil
	v.on("GET /open-apis/contact/v3/users/find_by_department", slow)
	if _, err := p.Accounts(context.Background()); adapters.KindOf(err) != adapters.KindRateLimited || len(waits) != slowDowns {
		t.Errorf("after %v: %v", waits, err)
	}
	// So does whoever asks.
	ctx, cancel := context.WithCancel(context.Background())
	p.api.pause = func(ctx context.Context, d time.Duration) error { cancel(); return pause(ctx, d) }
	if _, err := p.Accounts(ctx); adapters.KindOf(err) != adapters.KindRateLimited {
		t.Errorf("given up: %v", err)
	}
}

func TestAccountKinds(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	for code, want := range map[int]adapters.Kind{41050: adapters.KindForbidden, 41012: adapters.KindNotFound} {
		v.on("GET /open-apis/contact/v3/users/ou_1", refusal(400, code))
		if _, err := v.platform().Account(context.Background(), userRef("ou_1")); adapters.KindOf(err) != want {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestTenantIsAskedForOnce(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	company(v)
	p := v.platform()
	p.cfg.TenantKey = ""
	v.on("GET /open-apis/tenant/v2/tenant/query", refusal(400, 99991672))
	if _, err := p.Departments(context.Background()); adapters.KindOf(err) != adapters.KindForbidden || !strings.Contains(err.Error(), "tenant_key") {
		t.Fatal(err)
	}
	v.on("GET /open-apis/tenant/v2/tenant/query", data(`{"tenant":{"tenant_key":"tk"}}`))
	for range 2 {
		company(v)
		d, err := p.Departments(context.Background())
		if err != nil || d[0].Ref.Scope.Tenant != "tk" {
			t.Fatalf("%v, %v", d, err)
		}
	}
	if n := len(v.seen("/open-apis/tenant/v2/tenant/query")); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestReaders(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	v.on("GET /open-apis/im/v1/messages/om_1/read_users",
		data(`{"items":[{"user_id":"ou_1","timestamp":"1780992060456"}],"has_more":true,"page_token":"p2"}`), fixture(t, "resp_read_users_ok"))
	got, err := v.platform().Readers(context.Background(), messageRef("om_1", testNow))
	at := time.UnixMilli(1780992060456).UTC()
	want := []adapters.Reader{{Ref: userRef("ou_1"), At: at}, {Ref: userRef("ou_3b8e5f6d21c46a7997d1e2f3a4b5c633"), At: at}}
	if d := cmp.Diff(want, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

func TestUrgeInBatches(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	var to []event.Ref
	for i := range 450 {
		to = append(to, userRef(fmt.Sprintf("ou_%d", i)))
	}
	path := "/open-apis/im/v1/messages/om_1/urgent_app"
	v.on("PATCH "+path, data(`{"invalid_user_id_list":["ou_7"]}`), data(`{}`), refusal(400, 230023))
	missed, err := v.platform().Urge(context.Background(), messageRef("om_1", testNow), card.UrgeApp, to)
	if adapters.KindOf(err) != adapters.KindForbidden || len(missed) != 51 || missed[0] != userRef("ou_7") || len(v.seen(path)) != 3 {
		t.Errorf("%d missed, %v", len(missed), err)
	}
	if _, err := v.platform().Urge(context.Background(), messageRef("om_1", testNow), "pigeon", to); adapters.KindOf(err) != adapters.KindInvalid {
		t.Error(err)
	}
}

func TestChats(t *testing.T) {
	t.Parallel()
	v := newVendor(t)
	p := v.platform()
	ctx := context.Background()
	v.on("POST /open-apis/im/v1/chats", data(`{"chat_id":"oc_new"}`))
	v.on("POST /open-apis/im/v1/chats/oc_new/members", data(`{"invalid_id_list":["ou_55"]}`))
	var members []event.Ref
	for i := range 60 {
		members = append(members, userRef(fmt.Sprintf("ou_%d", i)))
	}
	chat, err := p.CreateChat(ctx, "key", "项目群", members)
	if err != nil || chat.ID != "oc_new" || len(v.seen("/open-apis/im/v1/chats/oc_new/members")) != 1 {
		t.Fatalf("%v, %v", chat, err)
	}
	refused, err := p.AddMembers(ctx, chat, members[50:])
	if err != nil || len(refused) != 1 || refused[0] != userRef("ou_55") {
		t.Errorf("%v, %v", refused, err)
	}
	v.on("GET /open-apis/im/v1/chats/oc_new/members", data(`{"items":[{"member_id":"ou_1"}],"has_more":true,"page_token":"x"}`), data(`{"items":[{"member_id":"ou_2"},{"member_id":"ou_1"}]}`))
	if got, err := p.Members(ctx, chat); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
	v.on("GET /open-apis/im/v1/chats", data(`{"items":[{"chat_id":"oc_1","name":"群","external":true}]}`))
	if got, err := p.Chats(ctx); err != nil || len(got) != 1 || !got[0].External {
		t.Errorf("%v, %v", got, err)
	}
}

func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	good := "id: f\nsuite: feishu\napp_id: cli_a1\napp_secret: s\n"
	for src, want := range map[string]string{
		good: "takes anybody's word", good + "transport: websocket\n": "", good + "verification_token: v\n": "", good + "encrypt_key: k\nmax_age: 1s\n": "max_age",
		good + "encrypt_key: k\nbase_url: ftp://x\n": "base_url", good + "transport: pigeon\n": "unknown transport",
		"id: f\nsuite: feishu\napp_id: a1\napp_secret: s\nencrypt_key: k\n": "not the id of an app", good + "encrypt_key: k\napp_secrt: x\n": "app_secret",
		"id: f\nsuite: feishu\nencrypt_key: k\n": "app_id",
	} {
		node, ps := config.Parse("f.yaml", []byte(src))
		if ps.Bad() {
			t.Fatal(ps)
		}
		cfg, ps := ReadConfig(config.Connection{ID: "f", Suite: Name, Settings: node})
		if want == "" {
			if ps.Bad() || cfg.BaseURL != DefaultBaseURL || cfg.Domain != DefaultBaseURL {
				t.Errorf("%q: %v", src, ps)
			}
			continue
		}
		if !ps.Bad() || !strings.Contains(ps.Error(), want) || !strings.Contains(ps.Error(), "f.yaml:") {
			t.Errorf("%q: %v, want %q", src, ps, want)
		}
	}
}
