package longconn

import (
	"magpie/adapters"
	"magpie/adapters/feishu"
)

// Plug makes the long connection of a Platform: feishu.Factory(feishu.WithListener(longconn.Plug)). It does
// no I/O.
func Plug(s feishu.Socket) adapters.Listener {
	return New(Options{
		Connection: s.Connection, AppID: s.AppID, AppSecret: s.AppSecret, Domain: s.Domain,
		HTTP: s.HTTP, Now: s.Now, Log: s.Log, Decode: s.Receive,
	})
}

var _ feishu.NewListener = Plug
