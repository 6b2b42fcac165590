package approval

// requested: somebody asked for something that names persons, who are looked up first.
type requested struct {
	ask
	Selectors []string `json:"sel"`
	p         struct {
		Opinion string `json:"opinion,omitempty"`
	}
}

func (*requested) kind() string  { return "requested" }
func (f *requested) secret() any { return &f.p }
func (f *requested) apply(s *state, at stamp, actor string) {
	a := f.ask
	a.By, a.At, a.Opinion = actor, at, f.p.Opinion
	s.Asks, s.Asked = append(s.Asks, a), max(s.Asked, a.N)
}
