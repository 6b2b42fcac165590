package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
)

// Send sends one card or text.
//
// A card goes as an instance of one of our templates, under a key of ours that DingTalk takes once for ever:
// its outcome is never in doubt, since the same card again says that it exists. Refused for its content it is drawn
// plainer; where the template is missing in the tenant it becomes an ActionCard. A text goes by the webhook of its
// conversation while that lives, else by the robot interface. Whom the robot can't write to gets a work notification,
// if the app has an agent_id.
func (p *Platform) Send(ctx context.Context, m card.Message) (adapters.MessageRef, error) {
	to, err := p.address(ctx, opSend, m.To)
	if err != nil {
		return adapters.MessageRef{}, err
	}
	switch {
	case m.Card != nil:
		return p.sendCard(ctx, to, m)
	case m.Urge != nil:
		return adapters.MessageRef{}, p.invalid(opSend, errors.New("an urge is not a message: call Urge"))
	case m.Text.Default == "":
		return adapters.MessageRef{}, p.invalid(opSend, errors.New("nothing to send"))
	}
	text, cut := cutBytes(m.Text.Default, maxTextBytes)
	var losses []card.Loss
	if cut {
		losses = []card.Loss{{Path: "text", Element: "text", What: fmt.Sprintf("cut at %d bytes", maxTextBytes), Severity: card.Content}}
	}
	return p.sendContent(ctx, to, robotContent{Key: "sampleText", Param: map[string]string{"content": text}}, losses, true)
}

// address is where a message goes.
type address struct {
	ref  event.Ref
	user string // userId of a person
	chat string // openConversationId of a group
	only bool   // only the webhook of the conversation leads there
}

// address finds out how a receiver is reached. A unionId is looked up.
func (p *Platform) address(ctx context.Context, op string, to event.Ref) (address, error) {
	a := address{ref: to}
	switch {
	case to.ID == "":
		return a, p.invalid(op, errors.New("no receiver"))
	case to.Scope.Platform != "" && to.Scope.Platform != Name:
		return a, p.notFound(op, fmt.Errorf("the receiver is on %s", to.Scope.Platform))
	case to.Scope.Tenant != "" && to.Scope.Tenant != p.cfg.CorpID:
		return a, p.notFound(op, fmt.Errorf("the receiver is in organisation %.40s", to.Scope.Tenant))
	}
	switch to.Kind {
	case event.RefUser:
		a.user = to.ID
		a.only = strings.HasPrefix(to.ID, "$:") // somebody who came without a userId
	case event.RefUnion:
		id, err := p.userOf(ctx, op, to.ID)
		if err != nil {
			return a, err
		}
		a.user = id
	case event.RefChat:
		a.chat = to.ID
	default:
		return a, p.invalid(op, fmt.Errorf("a %q is not a receiver", to.Kind))
	}
	return a, nil
}

// sendContent sends a robot message: by the conversation's webhook if session and there is one, else by the
// robot interface.
func (p *Platform) sendContent(ctx context.Context, to address, c robotContent, losses []card.Loss, session bool) (adapters.MessageRef, error) {
	if session || to.only {
		ref, sent, err := p.bySession(ctx, to, c)
		if sent {
			ref.Losses = losses
			return ref, err
		}
		if to.only {
			return adapters.MessageRef{}, p.notFound(opSend, errors.New("the receiver has no userId here, and their conversation is no longer open for answers"))
		}
	}
	ref, err := p.byRobot(ctx, to, c)
	if err != nil && p.cfg.AgentID != 0 && to.user != "" && unreachable[codeOf(err)] {
		var more []card.Loss
		if ref, more, err = p.workNotice(ctx, to.user, c); err == nil {
			losses = append(losses, more...)
		}
	}
	if err != nil {
		return adapters.MessageRef{}, err
	}
	ref.Losses = losses
	return ref, nil
}

// byRobot sends by the robot interface.
// Source: DingTalk Open Platform, "Robots send one-on-one messages in batches" and "Robots send group messages", checked 2026-08.
func (p *Platform) byRobot(ctx context.Context, to address, c robotContent) (adapters.MessageRef, error) {
	param, err := marshal(c.Param)
	if err != nil {
		return adapters.MessageRef{}, p.invalid(opSend, err)
	}
	now := stamp(p.now())
	if to.chat == "" {
		key, shared, err := p.batches.send(ctx, p, c.Key, string(param), to.user)
		ref := adapters.MessageRef{Message: p.scoped().message(key), SentAt: now}
		if shared {
			ref.Handles = append(ref.Handles, event.Handle{Kind: HandleShared, Value: key})
		}
		return ref, err
	}
	var out struct {
		Key string `json:"processQueryKey"`
	}
	body := map[string]any{"robotCode": p.cfg.RobotCode, "openConversationId": to.chat, "msgKey": c.Key, "msgParam": string(param)}
	if err := p.api.call(ctx, opSend, http.MethodPost, "/v1.0/robot/groupMessages/send", nil, body, &out); err != nil {
		return adapters.MessageRef{}, err
	}
	if out.Key == "" {
		return adapters.MessageRef{}, p.unknown(opSend, errors.New("accepted without a key of the message"))
	}
	return adapters.MessageRef{Message: p.scoped().message(out.Key), Chat: p.scoped().chat(to.chat), SentAt: now}, nil
}

// sentBatch is what comes back from a message to several people: some may have been left out.
type sentBatch struct {
	Key      string   `json:"processQueryKey"`
	Invalid  []string `json:"invalidStaffIdList"`
	Throttle []string `json:"flowControlledStaffIdList"`
	Filtered []string `json:"filteredStaffIdList"`
}

// batch sends one message to at most 20 people.
func (p *Platform) batch(ctx context.Context, msgKey, msgParam string, users []string) (sentBatch, error) {
	var out sentBatch
	body := map[string]any{"robotCode": p.cfg.RobotCode, "userIds": users, "msgKey": msgKey, "msgParam": msgParam}
	err := p.api.call(ctx, opSend, http.MethodPost, "/v1.0/robot/oToMessages/batchSend", nil, body, &out)
	if err == nil && out.Key == "" && len(out.Invalid)+len(out.Throttle)+len(out.Filtered) == 0 {
		err = p.unknown(opSend, errors.New("accepted without a key of the message"))
	}
	return out, err
}

func (p *Platform) invalid(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindInvalid, Err: err}
}

func (p *Platform) notFound(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindNotFound, Err: err}
}

func (p *Platform) gone(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindGone, Err: err}
}

func (p *Platform) unknown(op string, err error) error {
	return &adapters.Error{Connection: p.cfg.ID, Op: op, Kind: adapters.KindUnknown, Err: err}
}

// codeOf is the vendor's code of an error.
func codeOf(err error) string {
	var e *adapters.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// handle finds a handle of a message.
func handle(ref adapters.MessageRef, kind string) string {
	for _, h := range ref.Handles {
		if h.Kind == kind {
			return h.Value
		}
	}
	return ""
}

// readContent reads the body of a Wire of kind WireMessage back.
func readContent(w adapters.Wire) (robotContent, error) {
	var c robotContent
	err := json.Unmarshal(w.Body, &c)
	return c, err
}
