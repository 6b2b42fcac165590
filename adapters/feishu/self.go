package feishu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"magpie/adapters"
)

// Bounds of asking Feishu who we are.
const (
	selfTimeout = 10 * time.Second
	selfPause   = 10 * time.Minute // after a failure
)

// self is what a Platform learns about its own app while it works.
type self struct {
	mu     sync.Mutex
	tenant string    // key of the tenant, from what Feishu sent or answered
	asked  time.Time // when the bot's id was last asked for
	bot    bool      // the bot's id is known, or is being asked for
}

func (s *self) tenantOr(configured string) string {
	if configured != "" {
		return configured
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tenant
}

func (s *self) learnTenant(key string) {
	if key == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenant = key
}

// met learns from an authentic delivery, and asks for the bot's own id once there is something to
// compare with it: until it is known, any bot that is mentioned counts as ours. It does not block.
func (p *Platform) met(d adapters.Delivery) {
	if len(d.Events) == 0 {
		return
	}
	p.self.learnTenant(d.Events[0].Scope.Tenant)
	now := p.now()
	p.self.mu.Lock()
	defer p.self.mu.Unlock()
	if p.self.bot || !p.self.asked.IsZero() && now.Before(p.self.asked.Add(selfPause)) {
		return
	}
	p.self.bot, p.self.asked = true, now
	go p.askBot()
}

// askBot asks for the bot's own open_id. A failure is not told to anybody: it is asked again later.
func (p *Platform) askBot() {
	ctx, cancel := context.WithTimeout(context.Background(), selfTimeout)
	defer cancel()
	id, err := p.botID(ctx)
	if err != nil {
		p.self.mu.Lock()
		p.self.bot = false
		p.self.mu.Unlock()
		return
	}
	p.in.setBot(id)
}

// botID reads the bot's open_id. The answer has it beside code, not inside data.
// Source: Feishu Open Platform, "Get bot info", checked 2026-11.
func (p *Platform) botID(ctx context.Context) (string, error) {
	rep, _, err := p.api.do(ctx, opSelf, http.MethodGet, "/open-apis/bot/v3/info", nil, nil)
	if err != nil {
		return "", err
	}
	var in struct {
		Bot struct {
			OpenID string `json:"open_id"`
		} `json:"bot"`
	}
	if err := json.Unmarshal(rep.Body, &in); err != nil || in.Bot.OpenID == "" {
		return "", p.api.fail(opSelf, adapters.KindTransient, rep, "answer without the bot's id")
	}
	return in.Bot.OpenID, nil
}

// needTenant gives the tenant's key, asking Feishu if nothing has told it yet: accounts that are stored
// under another scope than that of the events would belong to nobody.
// Source: Feishu Open Platform, "Query tenant information", checked 2026-11.
func (p *Platform) needTenant(ctx context.Context, op string) (scoped, error) {
	if s := p.scoped(); s.tenant != "" {
		return s, nil
	}
	var in struct {
		Tenant struct {
			Key string `json:"tenant_key"`
		} `json:"tenant"`
	}
	err := p.api.call(ctx, op, http.MethodGet, "/open-apis/tenant/v2/tenant/query", nil, nil, &in)
	if err != nil || in.Tenant.Key == "" {
		why := errors.New("the tenant is not known: set tenant_key, or give the app the right tenant:tenant:readonly")
		if err != nil {
			why = fmt.Errorf("%w (%v)", why, err)
		}
		kind := adapters.KindForbidden
		if k := adapters.KindOf(err); k == adapters.KindTransient || k == adapters.KindRateLimited || k == adapters.KindUnknown {
			kind = adapters.KindTransient
		}
		return scoped{}, &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: kind, Err: why}
	}
	p.self.learnTenant(in.Tenant.Key)
	return p.scoped(), nil
}
