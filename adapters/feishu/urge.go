package feishu

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// urgeWays are the last part of the path for each level. SMS and phone use up what the tenant has paid for.
var urgeWays = map[card.UrgeLevel]string{
	card.UrgeApp: "urgent_app", card.UrgeSMS: "urgent_sms", card.UrgePhone: "urgent_phone",
}

// Urge makes people look at a message of ours, 200 a call. It is not idempotent. Who could not be reached
// comes back in unreached; after an error, everybody does who was not reached before it.
// Source: Feishu Open Platform, "Send urgent message", checked 2026-11.
func (p *Platform) Urge(ctx context.Context, ref adapters.MessageRef, level card.UrgeLevel, to []event.Ref) (unreached []event.Ref, err error) {
	way, ok := urgeWays[level]
	if !ok {
		return to, p.invalid(opUrge, fmt.Errorf("no level %q", level))
	}
	path, err := p.messagePath(opUrge, ref)
	if err != nil {
		return to, err
	}
	// One call names people by one kind of id.
	groups := map[string][]event.Ref{}
	for _, r := range to {
		idType, err := p.address(r)
		if err != nil || idType == "chat_id" {
			unreached = append(unreached, r)
			continue
		}
		if !slices.Contains(groups[idType], r) {
			groups[idType] = append(groups[idType], r)
		}
	}
	for _, idType := range []string{"open_id", "union_id", "user_id"} {
		for batch := range slices.Chunk(groups[idType], maxUrge) {
			if err != nil {
				unreached = append(unreached, batch...)
				continue
			}
			var missed []string
			missed, err = p.urge(ctx, path+"/"+way, idType, batch)
			for _, r := range batch {
				if err != nil || slices.Contains(missed, r.ID) {
					unreached = append(unreached, r)
				}
			}
		}
	}
	return unreached, err
}

// urge makes one call and gives the ids that were not reached.
func (p *Platform) urge(ctx context.Context, path, idType string, batch []event.Ref) ([]string, error) {
	ids := make([]string, len(batch))
	for i, r := range batch {
		ids[i] = r.ID
	}
	var out struct {
		Invalid []string `json:"invalid_user_id_list"`
	}
	err := p.api.call(ctx, opUrge, http.MethodPatch, path, url.Values{"user_id_type": {idType}},
		map[string][]string{"user_id_list": ids}, &out)
	return out.Invalid, err
}
