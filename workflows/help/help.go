// Package help answers what starts nothing: somebody who writes to the bot and is not understood, or who
// asks what it can do, gets the list of commands.
package help

import (
	"strings"
	"time"

	"magpie/adapters/event"
	"magpie/workflows"
)

// Program is the fallback of a runtime. It keeps no instance.
type Program struct{ view View }

var _ workflows.Program = (*Program)(nil)

// View is what the template system.help sees.
type View struct {
	Name     string    `json:"name"` // of the bot
	Commands []Command `json:"commands"`
}

// Command is one thing that can be started.
type Command struct {
	Command     string `json:"command"` // what to write: 采购
	Name        string `json:"name"`    // 采购申请
	Description string `json:"description"`
}

// New lists the commands of the programs: the first word of each, with what the program says about itself
// where it has a Description, and its other words.
func New(bot string, programs []workflows.Program) *Program {
	v := View{Name: bot, Commands: []Command{}}
	for _, p := range programs {
		if words := p.Commands(); len(words) > 0 {
			c := Command{Command: words[0], Name: p.Definition().Name}
			if d, ok := p.(interface{ Description() string }); ok {
				c.Description = d.Description()
			}
			if len(words) > 1 {
				also := "也可以写 " + strings.Join(words[1:], "、")
				if c.Description != "" {
					also = "（" + also + "）"
				}
				c.Description += also
			}
			v.Commands = append(v.Commands, c)
		}
	}
	return &Program{view: v}
}

// Definition names the program; it is never stored, since nothing is pinned to it.
func (p *Program) Definition() workflows.Definition {
	return workflows.Definition{ID: "help", Kind: "help", Name: "帮助"}
}

// Commands is empty: the list does not list itself.
func (p *Program) Commands() []string { return nil }

// Correlate takes what was written to the bot, and its menu.
func (p *Program) Correlate(ev event.Event) (workflows.Correlation, bool) {
	if ev.Actor.Type == event.ActorBot || ev.Actor.Type == event.ActorSystem {
		return workflows.Correlation{}, false
	}
	switch ev.Kind {
	case event.KindMessage:
		return workflows.Correlation{Key: ev.ID}, ev.Conv != nil && ev.Conv.ToBot
	case event.KindMenu, event.KindCommand, event.KindBotAdded:
		return workflows.Correlation{Key: ev.ID}, true
	}
	return workflows.Correlation{}, false
}

// Step shows the list where it was asked for.
func (p *Program) Step(_ workflows.Instance, ev event.Event, _ time.Time) (workflows.Outcome, error) {
	to := workflows.To{Connection: ev.Connection, Conv: ev.Actor.Ref} // a menu has no conversation
	if ev.Conv != nil {
		to.Conv = ev.Conv.Ref
	}
	return workflows.Outcome{Effects: []workflows.Effect{
		workflows.ShowCard{To: to, Template: "system.help", View: p.view},
	}}, nil
}
