package engine_test

import (
	"strings"
	"testing"

	"magpie/adapters/card"
	"magpie/workflows"
	"magpie/workflows/engine"
)

// What a person had before them when they decided stands in the trail beside the decision, and only there.
func TestTrailSaysWhichCardWasPressed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	id, m := r.start()
	if len(m.Card.Digest) != 64 {
		t.Fatalf("the card's digest is %q", m.Card.Digest)
	}
	again, err := r.engine.Show(t.Context(), id+"/boss")
	if err != nil || again.Digest != m.Card.Digest {
		t.Errorf("the same card on a page has the digest %q, not %q (%v)", again.Digest, m.Card.Digest, err)
	}
	if res := r.do(r.press("1", "u-boss", m, yes(m)), true); res.What != "stepped" {
		t.Fatalf("%+v", res)
	}
	found := 0
	for _, e := range r.store.trail {
		switch {
		case e.Actor == "boss" && e.Card == m.Card.Digest:
			found++
			if e.Hash != workflows.HashEntry(e, workflows.PrivateDigest(e)) {
				t.Errorf("entry %d does not fit its hash", e.Seq)
			}
			e.Card = strings.Repeat("0", 64)
			if e.Hash == workflows.HashEntry(e, workflows.PrivateDigest(e)) {
				t.Error("the hash does not depend on the card")
			}
		case e.Card != "":
			t.Errorf("entry %d by %q names the card %s", e.Seq, e.Actor, e.Card)
		}
	}
	if found == 0 {
		t.Errorf("no entry of the boss names the card: %+v", r.store.trail)
	}
}

// A press can't claim another card than the one it was made on; one of a card from before digests still counts.
func TestPressIsBoundToItsCard(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, m := r.start()
	forged := yes(m)
	other := m.Card.Actions[0].Token
	forged.Token = forged.Token[:22] + strings.Repeat("A", len(forged.Token)-22)
	swapped := yes(m)
	swapped.Token = other[:22] + swapped.Token[22:]
	cut := yes(m)
	cut.Token = cut.Token[:22]
	for name, b := range map[string]card.Button{"forged digest": forged, "another button's MAC": swapped, "no digest": cut} {
		l := r.press(name, "u-boss", m, b)
		if r.do(l, true); r.store.result(l) != "refused:bad_token" {
			t.Errorf("%s: %s", name, r.store.result(l))
		}
	}
	old := yes(m)
	old.Token = engine.Sign(key, m.Card.Slot, m.Card.Rev, old.Verb)
	if res := r.do(r.press("old", "u-boss", m, old), true); res.What != "stepped" {
		t.Errorf("a button without a digest: %+v", res)
	}
	for _, e := range r.store.trail {
		if e.Card != "" {
			t.Errorf("entry %d names a card", e.Seq)
		}
	}
}
