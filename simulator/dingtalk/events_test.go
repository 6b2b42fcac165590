package dingtalk

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"magpie/simulator"
)

// opened is what an app does with an event: check the signature, decrypt, look at the owner. Written apart
// from crypto.go, after the vendor's own words.
func (b *bench) opened(got hooked) map[string]any {
	b.t.Helper()
	q, err := url.ParseQuery(got.query)
	if err != nil {
		b.t.Fatal(err)
	}
	var body struct{ Encrypt string }
	if err := json.Unmarshal(got.body, &body); err != nil {
		b.t.Fatal(err)
	}
	parts := []string{b.cred["token"], q.Get("timestamp"), q.Get("nonce"), body.Encrypt}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	if want := hex.EncodeToString(sum[:]); q.Get("signature") != want || q.Get("msg_signature") != want || q.Get("timestamp") != fmt.Sprint(b.clock.Now().UnixMilli()) {
		b.t.Errorf("query %s, want signature %s", got.query, want)
	}
	key, err := base64.StdEncoding.DecodeString(b.cred["aes_key"] + "=")
	if err != nil {
		b.t.Fatal(err)
	}
	sealed, err := base64.StdEncoding.DecodeString(body.Encrypt)
	if err != nil || len(sealed)%32 != 0 {
		b.t.Fatalf("%d sealed bytes, %v", len(sealed), err)
	}
	block, _ := aes.NewCipher(key)
	cipher.NewCBCDecrypter(block, key[:16]).CryptBlocks(sealed, sealed)
	n := binary.BigEndian.Uint32(sealed[16:20])
	if owner := string(sealed[20+n : len(sealed)-int(sealed[len(sealed)-1])]); owner != b.cred["client_id"] {
		b.t.Errorf("owner %q", owner)
	}
	return object(b.t, sealed[20:20+n])
}

// success is the answer to an event.
func (b *bench) success(word string) string {
	sealed, err := seal(b.cred["aes_key"], []byte("0123456789abcdef"), []byte(word), b.cred["client_id"])
	if err != nil {
		b.t.Fatal(err)
	}
	return string(encode(map[string]string{"msg_signature": eventSignature(b.cred["token"], "1", "n", sealed), "timeStamp": "1", "nonce": "n", "encrypt": sealed}))
}

// eventDesk answers events as told by answer, success when it says nothing.
func eventDesk(t *testing.T, o Options, answer func(n int64, w http.ResponseWriter) bool) (*bench, *hook) {
	t.Helper()
	var good atomic.Value
	var n atomic.Int64
	b, h := desk(t, o, func(w http.ResponseWriter, _ *http.Request) {
		if answer == nil || !answer(n.Add(1), w) {
			_, _ = io.WriteString(w, good.Load().(string))
		}
	})
	good.Store(b.success("success"))
	return b, h
}

// Events over HTTP are one flat object, and some of their keys have a capital there.
func TestEventOverHTTP(t *testing.T) {
	t.Parallel()
	b, h := eventDesk(t, Options{}, nil)
	if err := b.Verify(background(t), "ding-main"); err != nil {
		t.Fatal(err)
	}
	got := h.next(t)
	if diff := cmp.Diff(map[string]any{"EventType": "check_url"}, b.opened(got)); diff != "" || !strings.Contains(got.query, "k=1") {
		t.Error(diff, got.query)
	}
	key := b.robot("sampleText", `{"content":"x"}`, "liu.yang")
	m := b.last("liu.yang")
	for range 2 {
		if err := b.Read(background(t), "liu.yang", m.ID); err != nil {
			t.Fatal(err)
		}
	}
	e := b.opened(h.next(t))
	want := map[string]any{"EventType": "robot_msg_read", "EventTime": float64(testStart.UnixMilli()), "CorpId": b.cred["corp_id"], "BizId": fmt.Sprint(testStart.UnixMilli()),
		"eventId": e["eventId"], "OpenConversationId": m.Chat, "UserId": b.user("liu.yang"), "UnionId": b.union("liu.yang"), "OperatTime": fmt.Sprint(testStart.UnixMilli()),
		"ProcessQueryKey": key, "RobotCode": b.cred["robot_code"]}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	b.delivered(1)
	if d := b.Deliveries(); len(d) != 1 || d[0].Err != "" || d[0].Attempt != 1 || b.clock.Waiting() != 0 {
		t.Errorf("deliveries: %+v", d)
	}
	if _, err := b.Emit("nobody", "x", nil); err == nil {
		t.Error("an event for nobody was taken")
	}
}

// Not acknowledged, an event comes again after 10 s and after 30 s, and then stands in the list of failures, once.
func TestEventRedelivery(t *testing.T) {
	t.Parallel()
	b, h := eventDesk(t, Options{}, func(_ int64, w http.ResponseWriter) bool { w.WriteHeader(http.StatusServiceUnavailable); return true })
	id, err := b.Emit("ding-main", "user_add_org", map[string]any{"timeStamp": "1", "userId": []string{"u1"}})
	if err != nil {
		t.Fatal(err)
	}
	first := b.opened(h.next(t))
	for i, wait := range []time.Duration{10 * time.Second, 30 * time.Second} {
		b.delivered(i + 1)
		b.clock.Advance(wait - time.Millisecond)
		if len(h.got) != 0 {
			t.Fatalf("redelivery %d came early", i+1)
		}
		b.clock.Advance(time.Millisecond)
		if again := b.opened(h.next(t)); again["eventId"] != id || cmp.Diff(first, again) != "" {
			t.Errorf("redelivery %d: %s", i+1, cmp.Diff(first, again))
		}
	}
	b.delivered(3)
	list := "/oapi/call_back/get_call_back_failed_result"
	if out := b.good("GET", list, nil); len(out["failed_list"].([]any)) != 0 {
		t.Errorf("listed at once: %v", out)
	}
	b.clock.BlockUntil(1)
	b.clock.Advance(failedAfter)
	await(t, listed(b))
	out := b.good("GET", list, nil)
	want := []any{map[string]any{"call_back_tag": "user_add_org", "event_time": float64(testStart.UnixMilli()),
		"user_add_org": map[string]any{"userid": []any{"u1"}, "corpid": b.cred["corp_id"]}}}
	if diff := cmp.Diff(want, out["failed_list"]); diff != "" || out["has_more"] != false {
		t.Error(diff)
	}
	if out := b.good("GET", list, nil); len(out["failed_list"].([]any)) != 0 {
		t.Errorf("listed twice: %v", out)
	}
	for i, d := range b.Deliveries() {
		if d.Attempt != i+1 || d.Status != 503 || d.Err == "" || d.ID != id {
			t.Errorf("delivery %d: %+v", i, d)
		}
	}
}

// listed is closed once something stands in the list of failures.
func listed(b *bench) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 10_000 {
			b.mu.Lock()
			n := len(b.state.Failed)
			b.mu.Unlock()
			if n > 0 {
				return
			}
			_, _, _ = b.try("GET", "/elsewhere", nil) // gives the timer's goroutine time
		}
	}()
	return done
}

// Only success, sealed and signed, with HTTP 200, is an acknowledgement.
func TestEventAnswers(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{})
	good := b.success("success")
	for name, c := range map[string]struct {
		status int
		body   string
		good   bool
	}{
		"good": {200, good, true}, "201": {201, good, false}, "empty": {200, "", false}, "{}": {200, "{}", false}, "plain": {200, `{"encrypt":"success"}`, false},
		"another word": {200, b.success("failure"), false}, "another signature": {200, strings.Replace(good, `"nonce":"n"`, `"nonce":"m"`, 1), false},
		"small letters": {200, strings.Replace(good, "timeStamp", "time_stamp", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHook(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			if err := b.SetWebhook("ding-main", h.URL); err != nil {
				t.Fatal(err)
			}
			if err := b.Verify(background(t), "ding-main"); (err == nil) != c.good {
				t.Errorf("verify: %v", err)
			}
		})
	}
	if err := b.Verify(background(t), "nobody"); err == nil {
		t.Error("an unknown connection was verified")
	}
	if err := b.SetWebhook("ding-main", "::"); err != nil {
		t.Fatal(err)
	}
	if err := b.Verify(background(t), "ding-main"); err == nil {
		t.Error("no address was verified")
	}
}

// An answer that is not there after a second and a half comes too late.
func TestEventTimesOut(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 2), make(chan struct{})
	b, _ := eventDesk(t, Options{}, func(n int64, _ http.ResponseWriter) bool {
		arrived <- struct{}{}
		if n == 1 {
			<-release
		}
		return false
	})
	if _, err := b.Emit("ding-main", "org_dept_create", map[string]any{"deptId": []int{1}}); err != nil {
		t.Fatal(err)
	}
	await(t, arrived)
	b.clock.Advance(1500 * time.Millisecond)
	b.delivered(1)
	if d := b.Deliveries(); d[0].Err != errLate.Error() {
		t.Errorf("delivery: %+v", d)
	}
	close(release)
	b.clock.Advance(10 * time.Second)
	await(t, arrived)
	b.delivered(2)
	if d := b.Deliveries(); d[1].Err != "" || b.clock.Waiting() != 0 {
		t.Errorf("deliveries: %+v", d)
	}
}

// The redeliver fault sends an acknowledged event once more, with the same id.
func TestEventTwice(t *testing.T) {
	t.Parallel()
	b, h := eventDesk(t, Options{}, nil)
	if err := b.Fault(simulator.Fault{Kind: "redeliver", API: "check_in"}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"org_dept_create", "check_in"} {
		if _, err := b.Emit("ding-main", kind, map[string]any{"staffId": "1"}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[any]int{}
	for range 3 {
		seen[b.opened(h.next(t))["EventType"]]++
	}
	if seen["check_in"] != 2 || seen["org_dept_create"] != 1 {
		t.Errorf("seen %v", seen)
	}
	b.delivered(3)
}

// The vendor's own vectors.
func TestCryptoVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		EventCrypto []struct {
			ID, Token, AESKey, OwnerKey, Random16, Timestamp, Nonce, Signature, Encrypt, Plaintext string
		}
		RobotCallbackSign struct{ AppSecret, Timestamp, Sign string }
		CustomRobotSign   struct{ Secret, Timestamp, SignBase64 string }
		CardCallbackSign  struct{ APISecret, Timestamp, Signature string }
	}
	if err := json.Unmarshal(sample(t, "vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.EventCrypto) < 5 {
		t.Fatalf("%d vectors", len(v.EventCrypto))
	}
	for _, c := range v.EventCrypto {
		if got := eventSignature(c.Token, c.Timestamp, c.Nonce, c.Encrypt); got != c.Signature {
			t.Errorf("%s: signature %s", c.ID, got)
		}
		if got, err := unseal(c.AESKey, c.Encrypt, c.OwnerKey); err != nil || string(got) != c.Plaintext {
			t.Errorf("%s: %q, %v", c.ID, got, err)
		}
		if _, err := unseal(c.AESKey, c.Encrypt, c.OwnerKey+"x"); err == nil {
			t.Errorf("%s: another owner was taken", c.ID)
		}
		if c.Random16 == "" {
			continue
		}
		if got, err := seal(c.AESKey, []byte(c.Random16), []byte(c.Plaintext), c.OwnerKey); err != nil || got != c.Encrypt {
			t.Errorf("%s: sealed %s, %v", c.ID, got, err)
		}
	}
	if got := robotSignature(v.RobotCallbackSign.AppSecret, v.RobotCallbackSign.Timestamp); got != v.RobotCallbackSign.Sign {
		t.Errorf("robot: %s", got)
	}
	if got := robotSignature(v.CustomRobotSign.Secret, v.CustomRobotSign.Timestamp); got != v.CustomRobotSign.SignBase64 {
		t.Errorf("custom robot: %s", got)
	}
	if got := cardSignature(v.CardCallbackSign.APISecret, v.CardCallbackSign.Timestamp); got != v.CardCallbackSign.Signature {
		t.Errorf("card: %s", got)
	}
	if _, err := seal("short", nil, nil, ""); err == nil {
		t.Error("a short key was taken")
	}
}

// A group's owner takes the robot's message back, and the app is told.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	b, h := eventDesk(t, Options{}, nil)
	group := b.group("gao.yuan", "法务部群")
	key := b.good("POST", "/api/v1.0/robot/groupMessages/send", map[string]any{"robotCode": b.cred["robot_code"], "openConversationId": group, "msgKey": "sampleText", "msgParam": `{"content":"x"}`})["processQueryKey"]
	m := b.last("jin.yi")
	if err := b.Withdraw("jin.yi", m.ID); err == nil {
		t.Error("a member took it back")
	}
	if err := b.Withdraw("gao.yuan", m.ID); err != nil {
		t.Fatal(err)
	}
	e := b.opened(h.next(t))
	want := map[string]any{"EventType": "robot_msg_recall", "EventTime": float64(testStart.UnixMilli()), "CorpId": b.cred["corp_id"], "BizId": fmt.Sprint(testStart.UnixMilli()),
		"eventId": e["eventId"], "OpenConversationId": group, "UserId": b.user("gao.yuan"), "UnionId": b.union("gao.yuan"), "OperatTime": float64(testStart.UnixMilli()),
		"ProcessQueryKey": key, "RobotCode": b.cred["robot_code"]}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Error(diff)
	}
	if b.last("jin.yi").Status != "recalled" || b.Withdraw("gao.yuan", m.ID) == nil {
		t.Error("not recalled, or twice")
	}
	b.delivered(1)
}
