package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/dingtalk"
	"magpie/adapters/feishu"
	"magpie/adapters/wecom"
)

// suite is one vendor's way to say that somebody wrote 请假 明天下午 看病 in a direct chat.
type suite struct {
	name     string
	settings string
	factory  adapters.Factory
	request  func(id string) inbound
}

// inbound is one call: what stands behind the path, header lines, and the body.
type inbound struct {
	query, headers string
	body           []byte
}

const text = "请假 明天下午 看病"

// Credentials of the connections; nobody else has them.
const (
	encryptKey  = "bench-encrypt-key"
	verifyToken = "bench-token"
	appID       = "cli_bench"
	dingSecret  = "bench-client-secret"
	wecomToken  = "benchtoken"
	wecomKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	wecomCorp   = "wwbench0000000000"
)

// suites in the order of the rows; the bars are about the first.
var suites = []suite{
	{
		name: "feishu", factory: feishu.New, request: feishuMessage,
		settings: fmt.Sprintf("{id: bench, suite: feishu, app_id: %s, app_secret: s, encrypt_key: %s, verification_token: %s, tenant_key: bench}", appID, encryptKey, verifyToken),
	},
	{
		name: "dingtalk", factory: dingtalk.New, request: dingMessage,
		settings: fmt.Sprintf("{id: bench, suite: dingtalk, client_id: dingbench, client_secret: %s, corp_id: dingbenchcorp, token: %s, aes_key: %s}", dingSecret, wecomToken, wecomKey),
	},
	{
		name: "wecom", factory: wecom.New, request: wecomMessage,
		settings: fmt.Sprintf("{id: bench, suite: wecom, corp_id: %s, agent_id: 1000002, secret: s, token: %s, aes_key: %s}", wecomCorp, wecomToken, wecomKey),
	},
}

func suiteNamed(name string) (suite, error) {
	i := slices.IndexFunc(suites, func(s suite) bool { return s.name == name })
	if i < 0 {
		return suite{}, fmt.Errorf("no suite %q", name)
	}
	return suites[i], nil
}

var feishuBlock = func() cipher.Block {
	key := sha256.Sum256([]byte(encryptKey))
	b, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // can't happen: a key of 32 bytes
	}
	return b
}()

// feishuMessage is encrypted and signed. Shape: Feishu Open Platform, "Receive message" event
// (im.message.receive_v1), schema 2.0.
func feishuMessage(id string) inbound {
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	user := map[string]string{"union_id": "on_77aa01c4e2b39d5f80617c2b9a4de311", "user_id": "3fa91c7d", "open_id": "ou_1f0c7a3be49d28560a7be1c2d3f40511"}
	plain, _ := json.Marshal(map[string]any{
		"schema": "2.0",
		"header": map[string]string{"event_id": "ev_" + id, "event_type": "im.message.receive_v1", "create_time": now, "token": verifyToken, "app_id": appID, "tenant_key": "bench"},
		"event": map[string]any{
			"sender": map[string]any{"sender_id": user, "sender_type": "user", "tenant_key": "bench"},
			"message": map[string]any{"message_id": "om_" + id, "create_time": now, "update_time": now, "chat_id": "oc_b70c2e9d41f86a35", "chat_type": "p2p",
				"message_type": "text", "content": `{"text":"` + text + `"}`},
		},
	})
	plain = padded(plain, aes.BlockSize)
	sealed := make([]byte, aes.BlockSize+len(plain))
	_, _ = rand.Read(sealed[:aes.BlockSize])
	cipher.NewCBCEncrypter(feishuBlock, sealed[:aes.BlockSize]).CryptBlocks(sealed[aes.BlockSize:], plain)
	body, _ := json.Marshal(map[string]string{"encrypt": base64.StdEncoding.EncodeToString(sealed)})
	ts := strconv.FormatInt(time.Now().Unix(), 10)
	h := sha256.Sum256([]byte(ts + "n0nce" + encryptKey + string(body)))
	return inbound{body: body, headers: fmt.Sprintf("Content-Type: application/json\r\nX-Lark-Request-Timestamp: %s\r\nX-Lark-Request-Nonce: n0nce\r\nX-Lark-Signature: %s\r\n", ts, hex.EncodeToString(h[:]))}
}

// dingMessage is signed, not encrypted. Shape: DingTalk Open Platform, "Robot receives messages".
func dingMessage(id string) inbound {
	now := time.Now().UnixMilli()
	body, _ := json.Marshal(map[string]any{
		"chatbotCorpId": "dingbenchcorp", "chatbotUserId": "$:LWCP_v1:$bench", "senderNick": "小钉", "isAdmin": false, "senderStaffId": "510297971829200793",
		"senderCorpId": "dingbenchcorp", "senderId": "$:LWCP_v1:$CpnNGsP0HS1", "robotCode": "dingbench", "createAt": now,
		"sessionWebhook":            "https://oapi.dingtalk.com/robot/sendBySession?session=c610ee93e4d96899d9236bd4bea185dd",
		"sessionWebhookExpiredTime": now + 5_400_000, "conversationId": "cidJ8k435QAsxsxUvwst7NoMHCWTc0OaNCfYyGOsDesCH0=", "conversationType": "1",
		"senderPlatform": "iOS", "msgId": "msg" + id, "msgtype": "text", "text": map[string]string{"content": text},
	})
	ts := strconv.FormatInt(now, 10)
	m := hmac.New(sha256.New, []byte(dingSecret))
	m.Write([]byte(ts + "\n" + dingSecret))
	return inbound{body: body, headers: fmt.Sprintf("Content-Type: application/json\r\ntimestamp: %s\r\nsign: %s\r\n", ts, base64.StdEncoding.EncodeToString(m.Sum(nil)))}
}

var wecomAES = func() []byte {
	key, err := base64.StdEncoding.DecodeString(wecomKey + "=")
	if err != nil {
		panic(err) // can't happen: a constant
	}
	return key
}()

// wecomMessage is encrypted and signed XML. Shape: WeCom developer documents, "Receive messages" and "Message
// encryption and decryption".
func wecomMessage(id string) inbound {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	xml := "<xml><ToUserName><![CDATA[" + wecomCorp + "]]></ToUserName><FromUserName><![CDATA[Wang.Fang]]></FromUserName><CreateTime>" + now +
		"</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[" + text + "]]></Content><MsgId>" + id + "</MsgId><AgentID>1000002</AgentID></xml>"
	plain := make([]byte, 20, 20+len(xml)+len(wecomCorp)+32)
	_, _ = rand.Read(plain[:16])
	binary.BigEndian.PutUint32(plain[16:], uint32(len(xml)))
	plain = padded(append(append(plain, xml...), wecomCorp...), 32)
	block, err := aes.NewCipher(wecomAES)
	if err != nil {
		panic(err) // can't happen: a key of 32 bytes
	}
	cipher.NewCBCEncrypter(block, wecomAES[:aes.BlockSize]).CryptBlocks(plain, plain)
	sealed := base64.StdEncoding.EncodeToString(plain)
	parts := []string{wecomToken, now, "n0nce", sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return inbound{
		query:   "?msg_signature=" + hex.EncodeToString(sum[:]) + "&timestamp=" + now + "&nonce=n0nce",
		headers: "Content-Type: text/xml\r\n",
		body:    []byte("<xml><ToUserName><![CDATA[" + wecomCorp + "]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"),
	}
}

func padded(b []byte, block int) []byte {
	n := block - len(b)%block
	return append(b, bytes.Repeat([]byte{byte(n)}, n)...)
}
