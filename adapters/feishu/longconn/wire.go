package longconn

import (
	"magpie/adapters"
	"magpie/adapters/feishu"
)

// Of makes the long connection of a Feishu Platform: it is what feishu.WithListener takes. It does no I/O.
func Of(s feishu.Socket) adapters.Listener {
	return New(Options{
		Connection: s.Connection, AppID: s.AppID, AppSecret: s.AppSecret, Domain: s.Domain,
		HTTP: s.HTTP, Now: s.Now, Log: s.Log, Decode: s.Receive,
	})
}

var _ feishu.NewListener = Of
