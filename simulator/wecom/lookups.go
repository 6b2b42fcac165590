package wecom

import (
	"strings"
	"time"

	"magpie/simulator"
)

// Looking a userid up by phone or mail is meant for one's own staff: whoever is wrong too often is shut out.

// misses is the share of the headcount that may be looked up in vain, in percent.
const misses = 20

// idByMobile is POST /cgi-bin/user/getuserid.
func idByMobile(q *request) (answer, *apiError) {
	mobile := q.in.str("mobile")
	if len(mobile) < 5 || len(mobile) > 32 {
		return nil, failf(40058, "mobile has 5 to 32 bytes")
	}
	plain := strings.TrimPrefix(mobile, "+86")
	return q.lookUp(func(p simulator.Person) bool { return strings.TrimPrefix(p.Mobile, "+86") == plain })
}

// idByEmail is POST /cgi-bin/user/get_userid_by_email.
func idByEmail(q *request) (answer, *apiError) {
	email := q.in.str("email")
	if kind, given := q.in.num("email_type"); email == "" || given && kind != 1 && kind != 2 {
		return nil, failf(40058, "email is missing, or email_type is neither 1 nor 2")
	}
	return q.lookUp(func(p simulator.Person) bool { return strings.EqualFold(p.Email, email) })
}

func (q *request) lookUp(is func(simulator.Person) bool) (answer, *apiError) {
	s := q.s
	day := s.quotas.day("lookups "+q.app.ID, q.now)
	if day.n*100 > misses*len(s.company.People) {
		return nil, failf(45009, "too many look-ups in vain, try again tomorrow")
	}
	for _, p := range s.company.People {
		if is(p) && s.visible(q.app, p.ID) {
			return answer{"userid": s.userID(p.ID)}, nil
		}
	}
	day.n++
	return nil, fail(46004)
}

// openIDs is POST /cgi-bin/batch/openuserid_to_userid: the encrypted ids of robots. Ids that are plain already
// come back as invalid.
func openIDs(q *request) (answer, *apiError) {
	ids := q.in.strs("open_userid_list")
	if len(ids) == 0 || len(ids) > 1000 {
		return nil, failf(40058, "open_userid_list has 1 to 1000 ids")
	}
	known := map[string]string{}
	for _, p := range q.s.company.People {
		if q.s.visible(q.app, p.ID) {
			known[q.s.openUserID(p.ID)] = q.s.userID(p.ID)
		}
	}
	found, invalid := []any{}, []string{}
	for _, id := range ids {
		if userid := known[id]; userid != "" {
			found = append(found, map[string]string{"userid": userid, "open_userid": id})
		} else {
			invalid = append(invalid, id)
		}
	}
	return answer{"userid_list": found, "invalid_open_userid_list": invalid}, nil
}

// agentInfo is GET /cgi-bin/agent/get of the app itself.
func agentInfo(q *request) (answer, *apiError) {
	if id, ok := integer(q.query.Get("agentid")); !ok || id != q.app.AgentID {
		return nil, fail(301002)
	}
	users := []any{}
	for _, p := range q.s.company.People {
		if len(q.app.Unavailable) > 0 && q.s.visible(q.app, p.ID) {
			users = append(users, map[string]string{"userid": q.s.userID(p.ID)})
		}
	}
	parties := []int{}
	if len(q.app.Unavailable) == 0 {
		parties = append(parties, rootParty)
	}
	return answer{"agentid": q.app.AgentID, "name": q.app.Name, "square_logo_url": "", "description": "", "close": 0,
		"allow_userinfos": map[string]any{"user": users}, "allow_partys": map[string]any{"partyid": parties},
		"redirect_domain": q.app.TrustedDomain, "report_location_flag": 0, "isreportenter": 1, "home_url": ""}, nil
}

// callbackIPs is GET /cgi-bin/getcallbackip.
func callbackIPs(*request) (answer, *apiError) {
	return answer{"ip_list": []string{"127.0.0.1", "::1", "203.0.113.*"}}, nil
}

// day is the date in the corp's zone.
func day(now time.Time) string { return now.In(zone).Format(time.DateOnly) }
