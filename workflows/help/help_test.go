package help

import (
	"testing"

	"magpie/workflows"
)

// flow is a program that has only what the list shows.
type flow struct {
	workflows.Program
	name  string
	words []string
}

func (f flow) Definition() workflows.Definition { return workflows.Definition{Name: f.name} }
func (f flow) Commands() []string               { return f.words }

// told says something about itself too.
type told struct {
	flow
	about string
}

func (t told) Description() string { return t.about }

func TestListSaysWhatIsForWhat(t *testing.T) {
	t.Parallel()
	got := New("鹊桥", []workflows.Program{
		told{flow{name: "采购申请", words: []string{"采购", "purchase"}}, "采购办公用品"},
		told{flow{name: "请假申请", words: []string{"请假"}}, "年假和其他假期"},
		told{flow{name: "用印申请", words: []string{"用印", "盖章", "seal"}}, ""},
		flow{name: "报销", words: []string{"报销"}},
		flow{name: "无法开始"},
	}).view.Commands
	want := []Command{
		{"采购", "采购申请", "采购办公用品（也可以写 purchase）"},
		{"请假", "请假申请", "年假和其他假期"},
		{"用印", "用印申请", "也可以写 盖章、seal"},
		{"报销", "报销", ""},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d commands: %v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("command %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
