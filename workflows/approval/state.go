package approval

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"magpie/workflows"
	"magpie/workflows/cond"
)

// stamp is an instant in milliseconds since 1970 UTC, 0 for none: what the trail and the state hold.
type stamp int64

func stampOf(t time.Time) stamp {
	if t.IsZero() {
		return 0
	}
	return stamp(t.UnixMilli())
}

func (s stamp) time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(s)).UTC()
}

// state is an instance, as a fold of its trail. Names are short: it is read and written with every command.
type state struct {
	Status   workflows.Status  `json:"s"`
	By       string            `json:"by"`           // initiator
	From     string            `json:"fr,omitempty"` // connection that it was started in
	Known    bool              `json:"k,omitempty"`  // the initiator was looked up
	People   map[string]person `json:"pp,omitempty"` // everybody who was named
	No       string            `json:"no,omitempty"` // what people quote
	Title    string            `json:"t,omitempty"`
	Form     map[string]value  `json:"f,omitempty"`
	Draft    *draft            `json:"d,omitempty"` // until it is handed in
	Offers   choices           `json:"of,omitempty"`
	Runs     []run             `json:"r,omitempty"` // steps reached, in order
	Asks     []ask             `json:"q,omitempty"` // questions about people that wait for an answer
	CC       []string          `json:"cc,omitempty"`
	Gen      int64             `json:"g,omitempty"`  // of the timer set last
	Asked    int               `json:"aq,omitempty"` // errands that named persons
	Same     map[string]string `json:"sm,omitempty"` // persons who turned out to be others
	Remarks  []remark          `json:"cm,omitempty"` // the newest comments
	Comments int               `json:"cn,omitempty"` // how many there were
	Turns    []turn            `json:"tn,omitempty"` // returns, in order
	Revoke   string            `json:"rv,omitempty"` // why it is to be withdrawn after it was approved
	Epoch    int               `json:"ep,omitempty"` // grows when what was agreed to is no longer what is asked
	Why      string            `json:"w,omitempty"`  // code of how it ended
	Reason   string            `json:"wr,omitempty"`
	EndBy    string            `json:"eb,omitempty"`
	Parent   *parent           `json:"pa,omitempty"` // the instance that started it
	Begun    stamp             `json:"ba"`
	Sent     stamp             `json:"sa,omitempty"`
	Ended    stamp             `json:"ea,omitempty"`
	Alias    map[string]string `json:"al,omitempty"` // steps that the version it goes on with calls otherwise
	Erased   stamp             `json:"er,omitempty"` // personal text was removed
}

// person is somebody as they were when they were looked up.
type person struct {
	Name  string `json:"n,omitempty"`
	Dept  string `json:"d,omitempty"`
	Title string `json:"t,omitempty"`
}

// draft is a form that was not handed in yet.
type draft struct {
	Values   map[string]value  `json:"v,omitempty"` // as entered
	Problems map[string]string `json:"p,omitempty"` // field → what must change
	Hidden   bool              `json:"h,omitempty"` // the card waits until it is known whether they may start it
}

// run is one pass through a step.
type run struct {
	Node    string   `json:"n"`
	Round   int      `json:"o"`
	State   runState `json:"s"`
	Why     string   `json:"w,omitempty"` // why it was skipped, failed or is stuck
	Mode    modeKind `json:"m,omitempty"`
	Need    int      `json:"nd,omitempty"` // weight of approvals that passes it; of a branch the arm
	Veto    bool     `json:"v,omitempty"`
	N       int      `json:"mn,omitempty"` // of the mode: percentage, number, or the weight to be exceeded
	Abstain string   `json:"ab,omitempty"` // counts: abstentions are among those that are counted
	Seats   []seat   `json:"e,omitempty"`
	At      stamp    `json:"a,omitempty"`
	Closed  stamp    `json:"c,omitempty"`
	Gen     int64    `json:"g,omitempty"` // of the timer that asks again
	Snap    string   `json:"sn,omitempty"`
	Short   []string `json:"sh,omitempty"` // chains upwards whose bound nobody met
	// Of a step that starts another workflow:
	Child    string           `json:"ch,omitempty"` // its instance
	ChildEnd workflows.Status `json:"ce,omitempty"` // how it ended
	Tries    int              `json:"tr,omitempty"` // how often it was asked for
	Arms     []int            `json:"ar,omitempty"` // of a split: those that are gone,
	Done     []int            `json:"dn,omitempty"` // and those that have arrived
	// Back is where the flow goes after this pass instead of going on: to whoever returned the request, and then to
	// whoever had returned it before that.
	Back  []string `json:"bk,omitempty"`
	Epoch int      `json:"ep,omitempty"` // the state's, when the pass began
	Void  int      `json:"vd,omitempty"` // number of the return, from 1, since which it counts no longer
}

type runState string

const (
	runAsking   runState = "asking"
	runOpen     runState = "open"
	runPassed   runState = "passed"
	runFailed   runState = "failed"
	runSkipped  runState = "skipped"
	runCanceled runState = "canceled"
	runStuck    runState = "stuck" // nobody found; a timer asks again
	runForked   runState = "forked"
	runSplit    runState = "split"  // its arms are being gone
	runMerged   runState = "merged" // all of them have arrived
	runReturned runState = "returned"
)

// seat is one approver's place in a run. Its id stays the same whoever sits there.
type seat struct {
	ID     string              `json:"i"`
	Person string              `json:"p"`
	Weight int                 `json:"w,omitempty"` // 0 is 1
	State  workflows.TaskState `json:"s,omitempty"` // "" while it is not their turn
	Task   int                 `json:"k,omitempty"` // how many tasks the seat has had
	At     stamp               `json:"a,omitempty"`
	Due    stamp               `json:"d,omitempty"`
	Guess  bool                `json:"gs,omitempty"` // Due reaches into a year without holiday data
	Since  stamp               `json:"ds,omitempty"` // when the time up to Due began; 0: At
	Cal    string              `json:"cv,omitempty"` // version of the calendar that Due was computed with
	Closed stamp               `json:"c,omitempty"`
	By     string              `json:"b,omitempty"` // who decided, when it was a person
	Auto   string              `json:"u,omitempty"` // why it was decided without one: same_person, initiator, timeout
	Refers string              `json:"rf,omitempty"`
	Reason string              `json:"rs,omitempty"`
	Remind int64               `json:"rg,omitempty"` // generation of the timers
	Late   int64               `json:"lg,omitempty"`
	Nudged int                 `json:"rn,omitempty"` // reminders sent
	Urged  stamp               `json:"ua,omitempty"`
	Urges  int                 `json:"un,omitempty"`
	Past   []pastTask          `json:"x,omitempty"`
	For    string              `json:"fo,omitempty"` // in whose place Person decides, by Grants
	Grants []string            `json:"gr,omitempty"`
	// Of a seat that somebody added: by whom, and the seat before or after which it must decide; "" at its side.
	Adder string     `json:"ad,omitempty"`
	Of    string     `json:"of,omitempty"`
	Kids  int        `json:"kd,omitempty"` // seats that its own person added
	Gone  bool       `json:"gn,omitempty"` // it was removed
	Back  *lender    `json:"bk,omitempty"` // who gave it to Person for now
	Said  *advice    `json:"sd,omitempty"` // what the one said whom it was given to
	Sign  *signature `json:"sg,omitempty"` // that it was approved with, until that is erased
	dirty bool       // its task changed in this command
}

// lender is whom a seat comes back to.
type lender struct {
	Person string   `json:"p"`
	For    string   `json:"f,omitempty"`
	Grants []string `json:"g,omitempty"`
}

// advice is the decision of somebody to whom a seat was given for now.
type advice struct {
	By     string              `json:"b"`
	State  workflows.TaskState `json:"s"`
	Reason string              `json:"r,omitempty"`
}

// pastTask is a task that the seat handed over.
type pastTask struct {
	N      int                 `json:"k"`
	Person string              `json:"p"`
	State  workflows.TaskState `json:"s"`
	At     stamp               `json:"a"`
	Due    stamp               `json:"d,omitempty"`
	Closed stamp               `json:"c"`
	dirty  bool
}

// ask is a question about people. Persons holds what is known already, with "" where the answer goes.
type ask struct {
	ID      string   `json:"i"`
	For     string   `json:"f"` // initiator, who, form, by, self, else, up, to, cc
	Node    string   `json:"n,omitempty"`
	Round   int      `json:"o,omitempty"`
	Seat    string   `json:"e,omitempty"`
	Task    int      `json:"k,omitempty"`
	Persons []string `json:"p,omitempty"`
	Hops    int      `json:"h,omitempty"`
	Proxies []grant  `json:"px,omitempty"` // of Persons
	// Of an errand that somebody asked for (For "do"):
	Verb    string `json:"v,omitempty"`
	By      string `json:"b,omitempty"`
	At      stamp  `json:"a,omitempty"`
	N       int    `json:"c,omitempty"` // counts them
	Opinion string `json:"op,omitempty"`
	Weights []int  `json:"w,omitempty"` // of Persons; 0 while it is not known (For "weight")
}

func decodeState(b []byte) (*state, error) {
	s := &state{}
	if len(b) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("decode approval state: %w", err)
	}
	return s, nil
}

// warm is a state in memory, for the one Step that takes it first: it changes the state in place. Whoever
// comes later, or comes with other bytes, decodes.
type warm struct {
	s  atomic.Pointer[state]
	of json.RawMessage
}

// keep hands a state on that was written as b. Nobody may use it after that.
func keep(s *state, b json.RawMessage) *warm {
	for i := range s.Runs {
		for k := range s.Runs[i].Seats {
			x := &s.Runs[i].Seats[k]
			x.dirty = false
			for n := range x.Past {
				x.Past[n].dirty = false
			}
		}
	}
	w := &warm{of: b}
	w.s.Store(s)
	return w
}

// take is the state of an instance, for the caller alone.
func take(in workflows.Instance) (*state, error) {
	if w, ok := in.Warm.(*warm); ok && len(in.State) > 0 && len(w.of) == len(in.State) && &w.of[0] == &in.State[0] {
		if s := w.s.Swap(nil); s != nil {
			return s, nil
		}
	}
	return decodeState(in.State)
}

func (s *state) run(node string, round int) *run {
	for i := range s.Runs {
		if s.Runs[i].Node == node && s.Runs[i].Round == round {
			return &s.Runs[i]
		}
	}
	return nil
}

// rounds is how often a node was reached.
func (s *state) rounds(node string) int {
	n := 0
	for i := range s.Runs {
		if s.Runs[i].Node == node {
			n++
		}
	}
	return n
}

func (r *run) seat(id string) *seat {
	for i := range r.Seats {
		if r.Seats[i].ID == id {
			return &r.Seats[i]
		}
	}
	return nil
}

// sits reports whether a person has a seat that may still decide, or has decided.
func (r *run) sits(person string) bool {
	for i := range r.Seats {
		if x := &r.Seats[i]; !x.Gone && (x.Person == person || x.Back != nil && x.Back.Person == person) {
			return true
		}
	}
	return false
}

func (s *seat) weight() int {
	if s.Weight == 0 {
		return 1
	}
	return s.Weight
}

func (s *state) ask(id string) (ask, bool) {
	for _, a := range s.Asks {
		if a.ID == id {
			return a, true
		}
	}
	return ask{}, false
}

// name is what people call a person: their name, or their id while it is not known.
func (s *state) name(id string) string {
	if p, ok := s.People[id]; ok && p.Name != "" {
		return p.Name
	}
	return id
}

func (s *state) know(people map[string]person) {
	for id, p := range people {
		if s.People == nil {
			s.People = map[string]person{}
		}
		old := s.People[id]
		if p.Name == "" {
			p.Name = old.Name
		}
		if p.Dept == "" {
			p.Dept = old.Dept
		}
		if p.Title == "" {
			p.Title = old.Title
		}
		s.People[id] = p
	}
}

// values is what conditions read.
func (s *state) values() cond.Values {
	v := cond.Values{Form: make(map[string]cond.Value, len(s.Form))}
	for id, f := range s.Form {
		v.Form[id] = f.cond()
	}
	v.Initiator = s.starter()
	return v
}

// Slots: one card each for the initiator, for every task, and for everybody who is told.
const slotInitiator = "initiator"

func slotCC(person string) string { return "cc/" + person }

// taskKey names a task in the instance; its card's slot is "task/" and the key. The first task of a seat
// has no number, so that the key is the one people quote.
func taskKey(node string, round int, seat string, n int) string {
	key := node + "/" + strconv.Itoa(round) + "/" + seat
	if n > 1 {
		key += "/" + strconv.Itoa(n)
	}
	return key
}

func slotTask(key string) string { return "task/" + key }
