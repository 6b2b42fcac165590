package storetest

import (
	"sync"
	"sync/atomic"
	"time"

	"magpie/store"
)

// Of several who want to change the same value one does, and the others are told.
func testSwap(e *env) {
	race := func(old []byte, values ...string) string {
		var wg sync.WaitGroup
		var won atomic.Pointer[string]
		for _, v := range values {
			wg.Go(func() {
				ok, err := e.SwapSetting(e.ctx, "token/x", old, []byte(v))
				if err != nil {
					e.Error(err)
				}
				if ok && won.Swap(&v) != nil {
					e.Error("two were first")
				}
			})
		}
		wg.Wait()
		now, err := e.Setting(e.ctx, "token/x")
		e.ok(err)
		if won.Load() == nil || *won.Load() != string(now) {
			e.Fatalf("%v won, and the value is %q", won.Load(), now)
		}
		return string(now)
	}
	first := race(nil, "a\x00", "b\xff", "c")
	ok, err := e.SwapSetting(e.ctx, "token/x", nil, []byte("d"))
	e.ok(err)
	same(e, ok, false)
	second := race([]byte(first), "1", "2", "3", "4")
	ok, err = e.SwapSetting(e.ctx, "token/x", []byte(first), []byte("5"))
	e.ok(err)
	same(e, ok, false)
	ok, err = e.SwapSetting(e.ctx, "token/none", []byte("x"), []byte("y")) // there is none
	e.ok(err)
	same(e, ok, false)
	ok, err = e.SwapSetting(e.ctx, "token/x", []byte(second), make([]byte, 300<<10))
	e.ok(err)
	same(e, ok, true)

	e.ok(e.PutSetting(e.ctx, "tokens", []byte("stays")))
	e.ok(e.PutSetting(e.ctx, "button_key", []byte("stays")))
	e.ok(e.DropSettings(e.ctx, "token/", e.clock.Now()))
	_, err = e.Setting(e.ctx, "token/x")
	e.ok(err) // it is young
	e.ok(e.DropSettings(e.ctx, "token/", e.clock.Now().Add(time.Minute)))
	_, err = e.Setting(e.ctx, "token/x")
	e.is(err, store.ErrNotFound)
	for _, name := range []string{"tokens", "button_key"} {
		_, err = e.Setting(e.ctx, name)
		e.ok(err)
	}
	if e.DropSettings(e.ctx, "", e.clock.Now()) == nil || e.DropSettings(e.ctx, "token", e.clock.Now()) == nil {
		e.Fatal("everything can be dropped")
	}
}
