package wecom

import (
	"fmt"
	"reflect"
	"testing"
)

// All tags are listed; of those who have one an app is told whom it may see, and departments by number.
func TestTags(t *testing.T) {
	t.Parallel()
	b := newBench(t, Options{Apps: []App{{Unavailable: []string{"lu.yao"}}}})
	ids := map[string]string{}
	for _, x := range b.must(b.get("tag/list"))["taglist"].([]any) {
		tag := x.(map[string]any)
		ids[tag["tagname"].(string)] = fmt.Sprint(tag["tagid"])
	}
	if len(ids) != 3 || ids["评审委员会"] == "" || ids["值班"] == "" || ids["财务人员"] == "" {
		t.Fatalf("tags: %v", ids)
	}
	duty := b.must(b.get("tag/get?tagid=" + ids["值班"]))
	names := map[string]bool{}
	for _, x := range duty["userlist"].([]any) {
		u := x.(map[string]any)
		names[u["userid"].(string)] = true
		if u["name"] == "" {
			t.Errorf("no name: %v", u)
		}
	}
	if duty["tagname"] != "值班" || !names[b.user("ren.peng")] || names[b.user("lu.yao")] || len(duty["partylist"].([]any)) != 0 {
		t.Errorf("值班: %v", duty)
	}
	if got, want := b.must(b.get("tag/get?tagid=" + ids["财务人员"]))["partylist"], []any{float64(b.partyID("caiwubu"))}; !reflect.DeepEqual(got, want) {
		t.Errorf("财务人员: %v, want %v", got, want)
	}
	for _, path := range []string{"tag/get", "tag/get?tagid=0", "tag/get?tagid=99", "tag/get?tagid=x"} {
		if out := b.get(path); code(out) != 40068 {
			t.Errorf("%s: %v", path, out)
		}
	}
}
