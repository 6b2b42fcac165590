package main

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"magpie/simulator"
)

// wire posts callbacks to a webhook as Feishu does, with the app's own credentials: what the tests need to
// say things that no honest client says.
type wire struct {
	t    *testing.T
	sim  simulator.Suite
	url  string
	cred map[string]string
}

func newWire(t *testing.T, sim simulator.Suite, base string) *wire {
	return &wire{t, sim, base + "/webhook/feishu-main", sim.Connections()[0].Credentials}
}

// envelope wraps an event in schema 2.0.
func (w *wire) envelope(id, kind string, event any) []byte {
	at := time.Now().UnixMilli()
	if kind == "card.action.trigger" {
		at = time.Now().UnixMicro()
	}
	body, err := json.Marshal(map[string]any{
		"schema": "2.0",
		"header": map[string]any{
			"event_id": id, "event_type": kind, "create_time": strconv.FormatInt(at, 10),
			"token": w.cred["verification_token"], "app_id": w.cred["app_id"], "tenant_key": w.cred["tenant_key"],
		},
		"event": event,
	})
	if err != nil {
		w.t.Error(err)
	}
	return body
}

// pressing is the callback of a press: the value is the button's own, from whatever card it stood on.
func (w *wire) pressing(id, person string, m simulator.Message, value any, form map[string]any) []byte {
	ids, _ := w.sim.Account(person)
	action := map[string]any{"tag": "button", "value": value}
	if form != nil {
		action["form_value"] = form
	}
	return w.envelope(id, "card.action.trigger", map[string]any{
		"operator": map[string]any{"tenant_key": w.cred["tenant_key"], "user_id": ids["user_id"], "open_id": ids["open_id"], "union_id": ids["union_id"]},
		"token":    "c-" + id, "action": action, "host": "im_message",
		"context": map[string]any{"open_message_id": m.ID, "open_chat_id": m.Chat},
	})
}

// saying is the event of a text written to the bot.
func (w *wire) saying(id, person, chat, text string) []byte {
	ids, _ := w.sim.Account(person)
	content, _ := json.Marshal(map[string]string{"text": text})
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	return w.envelope(id, "im.message.receive_v1", map[string]any{
		"sender": map[string]any{"sender_id": map[string]any{"union_id": ids["union_id"], "user_id": ids["user_id"], "open_id": ids["open_id"]},
			"sender_type": "user", "tenant_key": w.cred["tenant_key"]},
		"message": map[string]any{"message_id": "om_" + id, "create_time": now, "update_time": now, "chat_id": chat,
			"chat_type": "p2p", "message_type": "text", "content": string(content)},
	})
}

// seal encrypts a body as Feishu does: AES-256-CBC under SHA-256 of the key, base64 of IV and ciphertext.
func seal(key string, body []byte) []byte {
	sum := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		panic(err) // 32 bytes are always a key
	}
	pad := aes.BlockSize - len(body)%aes.BlockSize
	plain := append(bytes.Clone(body), bytes.Repeat([]byte{byte(pad)}, pad)...)
	out := make([]byte, aes.BlockSize+len(plain))
	_, _ = rand.Read(out[:aes.BlockSize]) // never fails, by its contract
	cipher.NewCBCEncrypter(block, out[:aes.BlockSize]).CryptBlocks(out[aes.BlockSize:], plain)
	sealed, err := json.Marshal(map[string]string{"encrypt": base64.StdEncoding.EncodeToString(out)})
	if err != nil {
		panic(err) // a string always marshals
	}
	return sealed
}

// sign makes the headers of a raw body as sent at a time.
func sign(key string, body []byte, at time.Time) http.Header {
	timestamp, nonce := strconv.FormatInt(at.Unix(), 10), rand.Text()
	h := sha256.New()
	h.Write([]byte(timestamp + nonce + key))
	h.Write(body)
	return http.Header{
		"Content-Type":             {"application/json;charset=utf-8"},
		"X-Lark-Request-Timestamp": {timestamp}, "X-Lark-Request-Nonce": {nonce},
		"X-Lark-Signature": {hex.EncodeToString(h.Sum(nil))},
	}
}

// answered is what came back.
type answered struct {
	status int
	body   string
	toast  simulator.Toast // zero: none
}

// send seals, signs and posts a callback.
func (w *wire) send(body []byte) answered {
	w.t.Helper()
	sealed := seal(w.cred["encrypt_key"], body)
	return w.post(http.MethodPost, sealed, sign(w.cred["encrypt_key"], sealed, time.Now()))
}

// post sends raw bytes. It may be called by several goroutines.
func (w *wire) post(method string, body []byte, head http.Header) answered {
	w.t.Helper()
	a, err := post(w.t.Context(), testClient, method, w.url, body, head)
	if err != nil {
		w.t.Errorf("post: %v", err)
	}
	return a
}

func post(ctx context.Context, c *http.Client, method, url string, body []byte, head http.Header) (answered, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	if head != nil {
		req.Header = head.Clone()
	}
	resp, err := c.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return answered{}, err
	}
	a := answered{status: resp.StatusCode, body: string(raw)}
	var in struct{ Toast simulator.Toast }
	if json.Unmarshal(raw, &in) == nil {
		a.toast = in.Toast
	}
	return a, nil
}

// valueOf is the callback value of a button on a card as it stands in the message, nil when there is none.
func valueOf(t *testing.T, m simulator.Message, label string) any {
	t.Helper()
	var card any
	if err := json.Unmarshal(m.Card, &card); err != nil {
		t.Fatalf("card of %s: %v", m.ID, err)
	}
	var find func(any) any
	find = func(x any) any {
		switch x := x.(type) {
		case []any:
			for _, y := range x {
				if v := find(y); v != nil {
					return v
				}
			}
		case map[string]any:
			if text, _ := x["text"].(map[string]any); x["tag"] == "button" && text["content"] == label {
				list, _ := x["behaviors"].([]any)
				for _, b := range list {
					if b, _ := b.(map[string]any); b["type"] == "callback" {
						return b["value"]
					}
				}
			}
			for _, y := range x {
				if v := find(y); v != nil {
					return v
				}
			}
		}
		return nil
	}
	v := find(card)
	if v == nil {
		t.Fatalf("no button %s with a value in %s", label, m.Card)
	}
	return v
}
