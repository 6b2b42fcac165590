package approval

import (
	"fmt"
	"slices"
	"strings"
)

// weigh finds out what everybody weighs: those named themselves at once, those of a selector by asking for it. The
// first entry that fits counts, and whoever fits none weighs one.
func (d *decider) weigh(n *node, a ask, who []string, grants []grant) {
	b := ask{For: "weight", Node: n.id, Round: a.Round, Hops: a.Hops, Persons: who, Proxies: grants, Weights: make([]int, len(who))}
	d.weighFrom(n, b, 0)
}

// weighed takes the answer to one entry, and goes on with the next.
func (d *decider) weighed(a ask, found []string, _ []grant) {
	n := d.p.nodes[a.Node]
	if r := d.s.run(a.Node, a.Round); n == nil || r == nil || r.State != runAsking || a.N >= len(n.mode.Of) {
		return
	}
	a.Weights = slices.Clone(a.Weights)
	for i, id := range a.Persons {
		if a.Weights[i] == 0 && slices.Contains(found, id) {
			a.Weights[i] = n.mode.Of[a.N].weight
		}
	}
	d.weighFrom(n, a, a.N+1)
}

func (d *decider) weighFrom(n *node, a ask, from int) {
	for i := from; i < len(n.mode.Of); i++ {
		x := n.mode.Of[i]
		id, named := strings.CutPrefix(x.who, "person:")
		if !named {
			a.ID, a.N = fmt.Sprintf("weight/%s/%d/%d/%d", n.id, a.Round, a.Hops, i), i
			d.lookup(a, []string{x.who}, d.s.By)
			return
		}
		if k := slices.Index(a.Persons, id); k >= 0 && a.Weights[k] == 0 {
			a.Weights[k] = x.weight
		}
	}
	d.sitDown(n, a, a.Persons, a.Proxies, a.Weights)
}

// sitDown freezes the seats with their weights. Where all of them together do not weigh enough, there are too few.
func (d *decider) sitDown(n *node, a ask, who []string, grants []grant, weights []int) {
	total := 0
	for i := range who {
		w := 1
		if weights != nil {
			w = max(1, weights[i])
		}
		total += w
	}
	if n.mode.Kind == modeWeight && total <= n.mode.N {
		d.nobody(n, a)
		return
	}
	seats := d.stands(n, who, grants)
	for i := range seats {
		if weights != nil && weights[i] > 1 {
			seats[i].Weight = weights[i]
		}
	}
	d.seat(n, a.Round, seats, n.mode, n.veto)
}
