package approval

import (
	"encoding/hex"

	"magpie/adapters/event"
	"magpie/workflows"
)

// signature is the picture of a hand signature that a seat was approved with. The chain holds its digest for good;
// where it lies is personal text, so that erasing that takes the picture along.
type signature struct {
	ID   string `json:"i"`
	Size int64  `json:"z"`
	Sum  string `json:"h"`
}

// signFile is where a signature lies, in the private part of a vote.
type signFile struct {
	ID   string `json:"id"`
	Size int64  `json:"size"`
}

// sign puts a signature into a vote.
func (f *voted) sign(s *signature) {
	if s != nil {
		f.Sign, f.p.Sign = s.Sum, &signFile{ID: s.ID, Size: s.Size}
	}
}

// signature is the one of a vote; nil when there is none, or none any more.
func (f *voted) signature() *signature {
	if f.p.Sign == nil {
		return nil
	}
	return &signature{ID: f.p.Sign.ID, Size: f.p.Sign.Size, Sum: f.Sign}
}

func (s *signature) file() event.File {
	return event.File{ID: s.ID, Name: textSignLabel + ".png", Type: "image/png", Size: s.Size, Sum: s.Sum}
}

// byHand reports whether only a seat's own person can do what is wanted of it: sign, or fill something in. No rule
// passes over such a seat.
func (n *node) byHand() bool { return n.sign || n.edits() }

// signs reports whether agreeing takes a signature at a seat. Who only looks at it for somebody else does not decide,
// and does not sign: the other does.
func (n *node) signs(x *seat) bool { return n.sign && x.Back == nil }

// signed judges the signature of a decision, whichever way that came in. Only a page of ours brings one: the engine
// lets through no file but the person's own.
func (d *decider) signed(n *node, x *seat, a *event.Action) (*signature, *workflows.Refusal) {
	if a.Verb != "approve" || !n.signs(x) {
		return nil, nil
	}
	in := a.Form[workflows.SignatureInput]
	if in.Kind != event.ValueFiles || len(in.Files) != 1 {
		return nil, workflows.Refuse("sign_required", textSign)
	}
	f := in.Files[0]
	sum, err := hex.DecodeString(f.Sum)
	if f.ID == "" || len(f.ID) > 64 || f.Type != "image/png" || f.Size <= 0 || f.Size > workflows.MaxSignature || err != nil || len(sum) != 32 {
		return nil, workflows.Refuse("sign_required", textSign)
	}
	if d.s.holds(f.ID) {
		return nil, workflows.Refuse("sign_again", textSignAgain)
	}
	return &signature{ID: f.ID, Size: f.Size, Sum: f.Sum}, nil
}

// holds reports whether a file is somewhere in the state already: in the form, or as a signature.
func (s *state) holds(id string) bool {
	for _, v := range s.Form {
		for _, f := range v.F {
			if f.ID == id {
				return true
			}
		}
	}
	for _, f := range s.signatures() {
		if f.ID == id {
			return true
		}
	}
	return false
}

// signatures are all there are, in the order of the seats.
func (s *state) signatures() []event.File {
	var out []event.File
	for i := range s.Runs {
		for k := range s.Runs[i].Seats {
			if sign := s.Runs[i].Seats[k].Sign; sign != nil {
				out = append(out, sign.file())
			}
		}
	}
	return out
}
