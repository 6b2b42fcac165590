package dingtalk

import "testing"

// BenchmarkReceive is one encrypted event of the webhook: authenticated, decrypted, normalised, its answer sealed.
func BenchmarkReceive(b *testing.B) {
	r := testReceiver()
	req := sealed(b, `{"EventType":"bpms_task_change","EventTime":1783610513000,"CorpId":"`+testCorp+`","eventId":"1","processInstanceId":"9Qgx5QqjR7axMwAAAA01","type":"finish","result":"agree","taskId":811165,"createTime":1783610500000,"staffId":"manager4220"}`, testClient, testNow)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Receive(req); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReceiveMessage is one signed message to the robot.
func BenchmarkReceiveMessage(b *testing.B) {
	r := testReceiver()
	req := signedMessage(`{"msgId":"m","createAt":1783610512500,"conversationType":"1","conversationId":"cid1","senderId":"$:LWCP_v1:$1","senderStaffId":"u","senderNick":"李雷","senderCorpId":"`+testCorp+`","chatbotCorpId":"`+testCorp+`","robotCode":"`+testClient+`","sessionWebhook":"https://oapi.dingtalk.com/robot/sendBySession?session=x","sessionWebhookExpiredTime":1783615912500,"msgtype":"text","text":{"content":" 采购"}}`, testNow)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Receive(req); err != nil {
			b.Fatal(err)
		}
	}
}
