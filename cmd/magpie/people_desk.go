package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"magpie/workflows"
	"magpie/workflows/link"
)

// suiteNames are what people call the suites.
var suiteNames = map[string]string{"feishu": "飞书", "dingtalk": "钉钉", "wecom": "企业微信"}

// suiteName is what people call a connection: its suite, with the connection's name where there are several.
func (a *App) suiteName(connection string) string {
	suite := a.platform(connection)
	name, n := suiteNames[suite], 0
	if name == "" {
		name = suite
	}
	for _, c := range a.conns {
		if c.Suite == suite {
			n++
		}
	}
	if n > 1 || name == "" {
		return fmt.Sprintf("%s（%s）", name, connection)
	}
	return name
}

// desk is where people see to their own accounts in chat. Its key is made from that of the buttons.
func (a *App) desk(people workflows.People, key []byte) *link.Desk {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("link codes"))
	return link.New(link.Options{
		Store: a.store, People: people, Key: m.Sum(nil), Suite: a.suiteName, Names: []string{botName},
		Changed: a.people.Invalidate, Now: a.o.Now, Location: a.config().Server.Location,
	})
}
