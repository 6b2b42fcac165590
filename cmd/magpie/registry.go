package main

import (
	"magpie/adapters"
	"magpie/adapters/dingtalk"
	"magpie/adapters/dingtalk/stream"
	"magpie/adapters/feishu"
	"magpie/adapters/feishu/longconn"
	"magpie/adapters/wecom"
	"magpie/adapters/wecom/aibot"
	"magpie/workflows"
	"magpie/workflows/approval"
)

// platforms are the suites, by the name used in `suite:`.
var platforms = map[string]adapters.Factory{
	"feishu":   feishu.Factory(feishu.WithListener(longconn.Of)),
	"dingtalk": dingtalk.Factory(dingtalk.WithListener(stream.Of)),
	"wecom":    wecom.Factory(wecom.WithListener(aibot.Plug)),
}

// kinds are the kinds of flow, by what stands in `kind:`.
var kinds = []workflows.Kind{
	approval.Kind{},
}
