package main

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"magpie/adapters"
	"magpie/adapters/card"
	"magpie/adapters/event"
	"magpie/config"
	"magpie/workflows"
	"magpie/workflows/workflowstest"
)

// cardLoss is what one card loses in one suite.
type cardLoss struct {
	Workflow string    `json:"workflow"`
	Moment   string    `json:"moment"`
	Suite    string    `json:"suite"`
	Loss     card.Loss `json:"loss"`
	Accepted bool      `json:"accepted"` // by the template or the workflow
}

// drawAll draws every card of every flow for every suite in use. A card that can't be drawn, and an
// interaction that would be lost, are mistakes, unless the template or the workflow accepts it, or no suite at all
// has it. What moves to a page is lost all the same where there are no pages.
func drawAll(p *project) ([]cardLoss, config.Problems) {
	var losses []cardLoss
	var ps config.Problems
	suites := map[string]*adapters.Connection{}
	var order []string
	for _, c := range p.connections {
		if _, seen := suites[c.Suite]; !seen {
			suites[c.Suite] = c
			order = append(order, c.Suite)
		}
	}
	for _, prog := range p.programs {
		d := prog.Definition()
		views, err := workflowstest.Previews(p.sources[d.ID], prog, previewTime, p.testOptions())
		if err != nil {
			ps = append(ps, config.Problem{File: d.ID, What: "can't be previewed: " + err.Error()})
			continue
		}
		byFlow, more := acceptedBy(prog)
		ps = append(ps, more...)
		for _, v := range views {
			at := config.Problem{File: d.ID + "." + v.Moment}
			accepted := p.templates.AcceptedLosses(v.Template)
			for _, suite := range order {
				drawn, err := preview(p, d.ID, v, suite)
				if err != nil {
					at.What, at.Want = err.Error(), "mend the template "+v.Template
					ps = append(ps, at)
					break // it is the template's fault in every suite
				}
				_, lost, err := suites[suite].EncodeCard(drawn, adapters.EncodeOptions{})
				if err != nil {
					ps = append(ps, config.Problem{File: at.File, What: fmt.Sprintf("can't be drawn for %s: %v", suite, err)})
				}
				for _, l := range lost {
					acts := l.Severity == card.Interaction
					fine := slices.Contains(accepted[suite], l.Severity) || slices.Contains(byFlow[suite], l.Severity) || l.Everywhere
					if acts && p.cfg.Server.PublicURL == "" {
						fine = false
					}
					losses = append(losses, cardLoss{d.ID, v.Moment, suite, l, fine})
					if acts && !fine {
						ps = append(ps, p.lostInteraction(at.File, suite, l))
					}
				}
			}
		}
	}
	return losses, ps
}

func (p *project) lostInteraction(where, suite string, l card.Loss) config.Problem {
	want := fmt.Sprintf("keep to what %s can do, or say accept_loss: {%s: [interaction]} in the workflow; 'magpie render %s --suite %s' shows the card", suite, suite, where, suite)
	if p.cfg.Server.PublicURL == "" {
		want = "set server.public_url, so that a page can take over"
	}
	return config.Problem{File: where, Path: l.Path, What: fmt.Sprintf("%s loses an interaction on %s: %s", l.Element, suite, l.What), Want: want}
}

// acceptedBy is what the author of a flow accepts to lose. A suite that there is not is a slip of the pen.
func acceptedBy(prog workflows.Program) (map[string][]card.Severity, config.Problems) {
	a, ok := prog.(workflows.LossAccepter)
	if !ok {
		return nil, nil
	}
	var ps config.Problems
	accepted := a.AcceptedLosses()
	for _, suite := range slices.Sorted(maps.Keys(accepted)) {
		if _, known := platforms[suite]; !known {
			ps = append(ps, config.Problem{File: prog.Definition().ID, Path: "accept_loss." + suite, What: "there is no such suite",
				Want: strings.Join(slices.Sorted(maps.Keys(platforms)), ", ")})
		}
	}
	return accepted, ps
}

// previewTime is the "now" of previews, so that they are the same every day.
var previewTime = time.Date(2026, 6, 8, 10, 30, 0, 0, time.FixedZone("CST", 8*3600))

// preview renders one card of a flow for a suite and makes it complete, as the engine would.
func preview(p *project, flow string, v workflowstest.Preview, suite string) (card.Card, error) {
	drawn, err := p.templates.Render(v.Template, v.View)
	if err != nil {
		return card.Card{}, err
	}
	drawn.Slot, drawn.Rev = flow+"-preview/"+v.Moment, 1
	page := ""
	if base := strings.TrimSuffix(p.cfg.Server.PublicURL, "/"); base != "" {
		page = base + "/m/c/" + previewToken
		if drawn.Link == "" {
			drawn.Link = page
		}
	}
	act := func(b *card.Button) {
		if b.Verb != "" {
			b.Page = page
		}
	}
	for i := range drawn.Actions {
		act(&drawn.Actions[i])
	}
	for _, e := range drawn.Body {
		switch e := e.(type) {
		case *card.People:
			for i := range e.Persons {
				e.Persons[i].Ref = event.Ref{Scope: event.Scope{Platform: suite}, Kind: event.RefUser, ID: previewAccount(e.Persons[i].ID)}
			}
		case *card.Form:
			act(&e.Submit)
			for i := range e.Others {
				act(&e.Others[i])
			}
		}
	}
	return drawn, drawn.Validate()
}

// previewToken is as long as that of a real page.
var previewToken = strings.Repeat("x", 96)

// previewAccount is an account id such as a suite might give out: ours may have characters that theirs
// never have, and would be told apart from a real one.
func previewAccount(person string) string {
	return fmt.Sprintf("ou_%x", sha256.Sum256([]byte(person)))[:35]
}
