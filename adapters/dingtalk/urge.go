package dingtalk

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// remindTypes are DING's levels. Short messages and calls use up what the tenant has paid for.
var remindTypes = map[card.UrgeLevel]int{card.UrgeApp: 1, card.UrgeSMS: 2, card.UrgePhone: 3}

// Urge sends a DING with the words of the configuration: a DING carries no card. It is not idempotent. Who could
// not be reached comes back in unreached; after an error, everybody does who was not reached before it.
// Source: DingTalk Open Platform, "Robots send DING messages", checked 2026-08.
func (p *Platform) Urge(ctx context.Context, _ adapters.MessageRef, level card.UrgeLevel, to []event.Ref) (unreached []event.Ref, err error) {
	kind, ok := remindTypes[level]
	if !ok {
		return to, p.invalid(opUrge, fmt.Errorf("no level %q", level))
	}
	type target struct {
		ref event.Ref
		id  string
	}
	var targets []target
	for _, r := range to {
		a, err := p.address(ctx, opUrge, r)
		if err != nil || a.user == "" || a.only {
			unreached = append(unreached, r)
			continue
		}
		if !slices.ContainsFunc(targets, func(t target) bool { return t.id == a.user }) {
			targets = append(targets, target{r, a.user})
		}
	}
	size := maxDing
	if level != card.UrgeApp {
		size = maxDingPaid
	}
	for chunk := range slices.Chunk(targets, size) {
		var missed []string
		if err == nil {
			ids := make([]string, len(chunk))
			for i, t := range chunk {
				ids[i] = t.id
			}
			missed, err = p.ding(ctx, kind, ids)
		}
		for _, t := range chunk {
			if err != nil || slices.Contains(missed, t.id) {
				unreached = append(unreached, t.ref)
			}
		}
	}
	return unreached, err
}

// ding makes one call and gives the ids that were not reached.
func (p *Platform) ding(ctx context.Context, kind int, ids []string) ([]string, error) {
	var out struct {
		Failed map[string]looseList `json:"failedList"` // by reason
	}
	body := map[string]any{"robotCode": p.cfg.RobotCode, "remindType": kind, "receiverUserIdList": ids, "content": p.cfg.DingText}
	if err := p.api.call(ctx, opUrge, http.MethodPost, "/v1.0/robot/ding/send", nil, body, &out); err != nil {
		return nil, err
	}
	var missed []string
	for _, list := range out.Failed {
		missed = append(missed, list...)
	}
	return missed, nil
}
