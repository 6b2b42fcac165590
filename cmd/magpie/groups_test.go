package main

import (
	"slices"
	"testing"
	"time"

	"magpie/simulator"
	"magpie/workflows"
)

// A group of one name in three suites is all of its people, each once; one of one suite can be named by its connection.
// Departments in a group are their people as that suite has them.
func TestGroupsOfTheSuites(t *testing.T) {
	t.Parallel()
	live := startWays(t, simulator.SampleCompany())
	select {
	case <-live.app.sync.Pulled():
	case <-time.After(2 * patience):
		t.Fatal("the directories are not read")
	}
	for by, want := range map[string][]string{
		"group:评审委员会":               {"gao.yuan", "han.meimei", "sun.li", "wang.fang", "zhang.wei"},
		"group:ding-hook/评审委员会":     {"gao.yuan", "han.meimei", "zhang.wei"},
		"group:wecom-hook/评审委员会":    {"wang.fang"},
		"group:feishu-socket/评审委员会": {"sun.li", "zhang.wei"},
		"group:值班":                  {"deng.kai", "lu.yao", "ren.peng", "shen.jun", "xu.yang"},
		"group:财务人员":                {"dong.qing", "lin.na", "pan.hong", "wang.fang", "yuan.bo", "zhao.min"},
		"group:wecom-hook/财务人员":     {"dong.qing", "lin.na", "pan.hong", "wang.fang", "yuan.bo"},
		"group:组长":                  {"jiang.tao", "xu.yang"},
		"group:ding-stream/主管理员":    {"zhang.wei"},
		"group:评审委员":                nil,
	} {
		l, err := live.app.people.Resolve(t.Context(), workflows.Lookup{ID: "x", Selectors: []string{by}, Initiator: "li.lei"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range l.Persons {
			got = append(got, p.ID)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", by, got, want)
		}
	}
	names, err := live.app.people.Names(t.Context(), "group")
	if err != nil || !slices.Contains(names, "印章管理员") || !slices.Contains(names, "ding-hook/印章管理员") || slices.Contains(names, "feishu-hook/印章管理员") {
		t.Errorf("names: %v, %v", names, err)
	}
}
