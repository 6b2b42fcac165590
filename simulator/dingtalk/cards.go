package dingtalk

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"magpie/simulator"
)

// Limits of card data, in bytes.
const (
	maxCardBytes = 100 << 10
	maxKeyBytes  = 100
	maxTrackID   = 100 // characters
)

// card is one card instance. Its outTrackId is used once for ever.
type card struct {
	TrackID  string                       `json:"track_id"`
	App      string                       `json:"app"`
	Template string                       `json:"template"`
	Callback string                       `json:"callback,omitempty"` // STREAM, HTTP, or "" for none
	Route    string                       `json:"route,omitempty"`
	IDType   int                          `json:"id_type"`
	Data     map[string]string            `json:"data"`
	Private  map[string]map[string]string `json:"private,omitempty"` // by person
	Models   []string                     `json:"models,omitempty"`  // kinds of space it can go to
	Created  time.Time                    `json:"created"`

	pending int // callbacks on their way
}

// cardRoute is a registered address for card callbacks.
type cardRoute struct {
	App    string `json:"app"`
	URL    string `json:"url"`
	Secret string `json:"secret,omitempty"`
}

// paramMap is cardParamMap: texts only.
type paramMap struct {
	CardParamMap map[string]string `json:"cardParamMap"`
}

// cardRequest are the fields of the create, deliver and update calls.
//
// Source: DingTalk Open Platform, "Create and deliver cards", checked 2026-08.
type cardRequest struct {
	CardTemplateID   string              `json:"cardTemplateId"`
	OutTrackID       string              `json:"outTrackId"`
	CallbackType     string              `json:"callbackType"`
	CallbackRouteKey string              `json:"callbackRouteKey"`
	UserID           string              `json:"userId"`
	UserIDType       int                 `json:"userIdType"`
	CardData         *paramMap           `json:"cardData"`
	PrivateData      map[string]paramMap `json:"privateData"`
	OpenSpaceID      string              `json:"openSpaceId"`

	GroupSpace    json.RawMessage `json:"imGroupOpenSpaceModel"`
	RobotSpace    json.RawMessage `json:"imRobotOpenSpaceModel"`
	GroupDelivery *deliverModel   `json:"imGroupOpenDeliverModel"`
	RobotDelivery *deliverModel   `json:"imRobotOpenDeliverModel"`

	Update struct {
		ByKey        bool `json:"updateCardDataByKey"`
		PrivateByKey bool `json:"updatePrivateDataByKey"`
	} `json:"cardUpdateOptions"`
}

type deliverModel struct {
	SpaceType  string            `json:"spaceType"`
	RobotCode  string            `json:"robotCode"`
	AtUserIDs  map[string]string `json:"atUserIds"`
	Recipients []string          `json:"recipients"`
}

// cardRequest decodes a card call and checks what all of them share.
func (q *request) cardRequest() (*cardRequest, *apiError) {
	var in cardRequest
	if err := json.Unmarshal(q.body, &in); err != nil {
		return nil, refuse("param.error", "the body is not the JSON that this API takes, where every value of a cardParamMap is a text: %v", err)
	}
	switch {
	case in.OutTrackID == "" || len([]rune(in.OutTrackID)) > maxTrackID:
		return nil, refuse("param.outTrackIdInvalid", "outTrackId of 1 to 100 characters is required")
	case in.UserIDType == 0:
		in.UserIDType = byUserID
	case in.UserIDType != byUserID && in.UserIDType != byUnionID:
		return nil, refuse("param.userIdTypeInvalid", "userIdType is 1 or 2")
	}
	return &in, nil
}

// ownCard finds a card of the app.
func (q *request) ownCard(trackID string) (*card, *apiError) {
	c := q.s.state.Cards[trackID]
	if c == nil || c.App != q.app.ID {
		return nil, refuse("param.cardNotExist", "the card %q does not exist", trackID)
	}
	return c, nil
}

// data checks the data of a card call against the template and the limits; privately by person.
func (s *Server) cardData(t *template, in *cardRequest) (map[string]map[string]string, *apiError) {
	all := 0
	check := func(data map[string]string, private bool) *apiError {
		for k, v := range data {
			if len(k) > maxKeyBytes || s.limits.ValueBytes > 0 && len(v) > s.limits.ValueBytes {
				return refuse("param.cardDataTooLong", "the value of %q has %d bytes", k, len(v))
			}
			all += len(k) + len(v)
		}
		if err := t.checkData(data, private); err != nil {
			return refuse("param.cardDataInvalid", "%v", err)
		}
		return nil
	}
	if in.CardData != nil {
		if refusal := check(in.CardData.CardParamMap, false); refusal != nil {
			return nil, refusal
		}
	}
	out := map[string]map[string]string{}
	for id, data := range in.PrivateData {
		person, there := s.personOf(in.UserIDType, id)
		if !there {
			return nil, refuse("param.userIdNotExist", "the user %q of privateData does not exist", id)
		}
		if refusal := check(data.CardParamMap, true); refusal != nil {
			return nil, refusal
		}
		out[person] = data.CardParamMap
	}
	if all > maxCardBytes {
		return nil, refuse("param.cardDataTooLong", "the card's data has %d bytes", all)
	}
	return out, nil
}

// create makes the instance, without delivering it.
func (q *request) create(in *cardRequest) (*card, *apiError) {
	t := q.s.templates[in.CardTemplateID]
	switch {
	case t == nil:
		return nil, refuse("param.templateNotExist", "the template %q does not exist", in.CardTemplateID)
	case q.s.state.Cards[in.OutTrackID] != nil:
		return nil, refuse("param.cardAlreadyExist", "the card %q exists already", in.OutTrackID)
	case in.CallbackType != "" && in.CallbackType != "STREAM" && in.CallbackType != "HTTP":
		return nil, refuse("param.callbackTypeInvalid", "callbackType is STREAM or HTTP")
	case in.CallbackType == "HTTP":
		if r := q.s.state.Routes[in.CallbackRouteKey]; r == nil || r.App != q.app.ID {
			return nil, refuse("param.callbackRouteKeyInvalid", "no callback is registered under %q", in.CallbackRouteKey)
		}
	case in.CallbackType == "":
		q.s.warn("card %s has no callbackType: presses on it go nowhere", in.OutTrackID)
	}
	private, refusal := q.s.cardData(t, in)
	if refusal != nil {
		return nil, refusal
	}
	c := &card{TrackID: in.OutTrackID, App: q.app.ID, Template: in.CardTemplateID, Callback: in.CallbackType, Route: in.CallbackRouteKey,
		IDType: in.UserIDType, Data: map[string]string{}, Private: private, Created: q.now}
	if in.CardData != nil {
		maps.Copy(c.Data, in.CardData.CardParamMap)
	}
	for kind, model := range map[string]json.RawMessage{spaceGroup: in.GroupSpace, spaceRobot: in.RobotSpace} {
		if len(model) > 0 && string(model) != "null" {
			c.Models = append(c.Models, kind)
		}
	}
	slices.Sort(c.Models)
	return c, nil
}

// createCard is POST /v1.0/card/instances.
func createCard(q *request) (answer, *apiError) {
	in, refusal := q.cardRequest()
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.create(in)
	if refusal != nil {
		return nil, refusal
	}
	q.s.state.Cards[c.TrackID] = c
	q.s.touch()
	return answer{"success": true, "result": c.TrackID}, nil
}

// createAndDeliver is POST /v1.0/card/instances/createAndDeliver.
func createAndDeliver(q *request) (answer, *apiError) {
	in, refusal := q.cardRequest()
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.create(in)
	if refusal != nil {
		return nil, refusal
	}
	results, refusal := q.deliver(c, in)
	if refusal != nil {
		return nil, refusal
	}
	q.s.state.Cards[c.TrackID] = c
	q.s.touch()
	return answer{"success": true, "result": map[string]any{"outTrackId": c.TrackID, "deliverResults": results}}, nil
}

// deliverCard is POST /v1.0/card/instances/deliver.
func deliverCard(q *request) (answer, *apiError) {
	in, refusal := q.cardRequest()
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.ownCard(in.OutTrackID)
	if refusal != nil {
		return nil, refusal
	}
	results, refusal := q.deliver(c, in)
	if refusal != nil {
		return nil, refusal
	}
	return answer{"success": true, "result": results}, nil
}

// updateCard is PUT /v1.0/card/instances.
func updateCard(q *request) (answer, *apiError) {
	in, refusal := q.cardRequest()
	if refusal != nil {
		return nil, refusal
	}
	c, refusal := q.ownCard(in.OutTrackID)
	if refusal != nil {
		return nil, refusal
	}
	private, refusal := q.s.cardData(q.s.templates[c.Template], in)
	if refusal != nil {
		return nil, refusal
	}
	if c.pending > 0 {
		q.s.warn("card %s was updated from inside its callback: the answer wins", c.TrackID)
	}
	var data map[string]string
	if in.CardData != nil {
		data = in.CardData.CardParamMap
	}
	q.s.changeCard(c, data, private, in.Update.ByKey, in.Update.PrivateByKey)
	return answer{"success": true, "result": true}, nil
}

// changeCard puts new data into a card; without byKey it takes the place of the old. Callers hold s.mu.
func (s *Server) changeCard(c *card, data map[string]string, private map[string]map[string]string, byKey, privateByKey bool) {
	if data != nil {
		if !byKey {
			c.Data = map[string]string{}
		}
		maps.Copy(c.Data, data)
	}
	for person, own := range private {
		if c.Private == nil {
			c.Private = map[string]map[string]string{}
		}
		if c.Private[person] == nil || !privateByKey {
			c.Private[person] = map[string]string{}
		}
		maps.Copy(c.Private[person], own)
	}
	s.touch()
	for _, m := range s.state.Messages {
		if m.Via == viaCard && m.Ref == c.TrackID {
			m.Updated = true
			s.publish(simulator.Notice{Type: "update", Persons: s.audience(m), Chat: m.Chat, Message: m.ID})
		}
	}
}

// registerCallback is POST /v1.0/card/callbacks/register.
func registerCallback(q *request) (answer, *apiError) {
	var in struct {
		CallbackRouteKey string `json:"callbackRouteKey"`
		CallbackURL      string `json:"callbackUrl"`
		APISecret        string `json:"apiSecret"`
		ForceUpdate      bool   `json:"forceUpdate"`
	}
	if refusal := q.into(&in); refusal != nil {
		return nil, refusal
	}
	u, err := url.Parse(in.CallbackURL)
	switch old := q.s.state.Routes[in.CallbackRouteKey]; {
	case in.CallbackRouteKey == "":
		return nil, refuse("param.callbackRouteKeyInvalid", "callbackRouteKey is required")
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, refuse("param.callbackUrlInvalid", "callbackUrl is not an address")
	case old != nil && old.App != q.app.ID:
		return nil, refuse("param.callbackRouteKeyInvalid", "callbackRouteKey is another app's")
	case old != nil && !in.ForceUpdate && (old.URL != in.CallbackURL || in.APISecret != "" && old.Secret != in.APISecret):
		return nil, refuse("param.callbackRouteKeyExist", "a callback is registered under %q already; forceUpdate replaces it", in.CallbackRouteKey)
	case old != nil && in.APISecret == "":
		in.APISecret = old.Secret
	}
	q.s.state.Routes[in.CallbackRouteKey] = &cardRoute{App: q.app.ID, URL: in.CallbackURL, Secret: in.APISecret}
	q.s.touch()
	return answer{"success": true, "result": map[string]any{"callbackUrl": in.CallbackURL, "apiSecret": in.APISecret}}, nil
}

// Kinds of space that this organisation has.
const (
	spaceGroup = "IM_GROUP"
	spaceRobot = "IM_ROBOT"
)

const spacePrefix = "dtv1.card//"

type space struct{ kind, id string }

// parseSpaces reads an openSpaceId: the prefix once, then KIND.id with ; between them.
func parseSpaces(open string) ([]space, bool) {
	rest, ok := strings.CutPrefix(open, spacePrefix)
	if !ok {
		return nil, false
	}
	var out []space
	for _, one := range strings.Split(rest, ";") {
		kind, id, found := strings.Cut(one, ".")
		if !found || id == "" {
			return nil, false
		}
		out = append(out, space{strings.ToUpper(kind), id})
	}
	return out, true
}

type deliverResult struct {
	SpaceType string `json:"spaceType"`
	SpaceID   string `json:"spaceId"`
	Success   bool   `json:"success"`
	CarrierID string `json:"carrierId,omitempty"`
	ErrorMsg  string `json:"errorMsg"`
}

// deliver puts a card into the spaces of a call; each says for itself whether it worked.
func (q *request) deliver(c *card, in *cardRequest) ([]deliverResult, *apiError) {
	spaces, ok := parseSpaces(in.OpenSpaceID)
	if !ok {
		return nil, refuse("param.openSpaceIdInvalid", "openSpaceId %q is not like dtv1.card//IM_GROUP.id;IM_ROBOT.id", in.OpenSpaceID)
	}
	for _, sp := range spaces {
		if sp.kind != spaceGroup && sp.kind != spaceRobot {
			return nil, refuse("param.openSpaceIdInvalid", "the space type %q is not offered here", sp.kind)
		}
		if !slices.Contains(c.Models, sp.kind) {
			return nil, refuse("param.openSpaceModelInvalid", "there is no space model for %s", sp.kind)
		}
	}
	out := []deliverResult{}
	for _, sp := range spaces {
		model, find := in.RobotDelivery, q.robotSpace
		if sp.kind == spaceGroup {
			model, find = in.GroupDelivery, q.groupSpace
		}
		result := deliverResult{SpaceType: sp.kind, SpaceID: sp.id}
		ch, only, why := find(sp.id, in, model)
		if why != "" {
			result.ErrorMsg = why
			out = append(out, result)
			continue
		}
		key := newQueryKey()
		m := &message{ID: newMessageID(), Chat: ch.ID, Via: viaCard, App: q.app.ID, Kind: "card", Content: "{}", Only: only, Query: key, Ref: c.TrackID, Created: q.now}
		q.s.state.Sends[key] = &send{App: q.app.ID, Messages: []string{m.ID}, Created: q.now}
		if ch.Type == chatGroup {
			q.s.state.Sends[key].Chat = ch.ID
		}
		q.s.postMessage(m)
		result.Success, result.CarrierID = true, key
		out = append(out, result)
	}
	return out, nil
}

// robotSpace is a person's chat with the robot.
func (q *request) robotSpace(id string, in *cardRequest, model *deliverModel) (*chat, []string, string) {
	person, there := q.s.personOf(in.UserIDType, id)
	switch {
	case !there:
		return nil, nil, "param.userIdNotExist"
	case model == nil || !strings.EqualFold(model.SpaceType, spaceRobot):
		return nil, nil, "param.openDeliverModelInvalid"
	case model.RobotCode != "" && model.RobotCode != q.app.ClientID:
		return nil, nil, "invalidParameter.robotCode.auth"
	case !q.s.available(q.app, person):
		return nil, nil, "robot.oto.notExist"
	}
	return q.s.directChat(q.app, person), nil, ""
}

// groupSpace is a group that the robot is in; recipients narrow down who sees the card.
func (q *request) groupSpace(id string, in *cardRequest, model *deliverModel) (*chat, []string, string) {
	if model == nil || model.RobotCode == "" {
		return nil, nil, "param.openDeliverModelInvalid"
	}
	if model.RobotCode != q.app.ClientID {
		return nil, nil, "invalidParameter.robotCode.auth"
	}
	c, refusal := q.group(id)
	if refusal != nil {
		return nil, nil, refusal.code
	}
	for at := range model.AtUserIDs {
		if _, there := q.s.personOf(in.UserIDType, at); at != "@ALL" && !there {
			return nil, nil, "param.userIdNotExist"
		}
	}
	var only []string
	for _, r := range model.Recipients {
		person, there := q.s.personOf(in.UserIDType, r)
		if !there || !c.has(person) {
			return nil, nil, "param.userIdNotExist"
		}
		only = append(only, person)
	}
	return c, only, ""
}
