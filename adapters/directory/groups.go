package directory

import (
	"context"
	"sync"

	"magpie/adapters"
	"magpie/adapters/event"
)

// groups pulls the groups of people of a connection. People matter more: where groups can't be read, what is known
// of them stays, and the pull goes on.
func (s *Sync) groups(ctx context.Context, c *adapters.Connection) (groups []event.UserGroup, read bool) {
	if !c.Capabilities().Groups {
		return nil, false
	}
	groups, err := c.Groups(ctx)
	if s.deaf.news(c.ID, err) {
		s.o.Log.Warn("the groups of the suite can't be read; those that are known stay", "connection", c.ID, "err", err)
	}
	return groups, err == nil
}

// deaf remembers why the groups of a connection could not be read, so that what only an administrator can mend is
// said once, not with every pull. The zero value is ready; safe for concurrent use.
type deaf struct {
	mu  sync.Mutex
	why map[string]string
}

// news reports whether err is worth saying: it is another one than that of the last pull.
func (d *deaf) news(connection string, err error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.why, connection)
		return false
	}
	why := string(adapters.KindOf(err))
	if d.why[connection] == why {
		return false
	}
	if d.why == nil {
		d.why = map[string]string{}
	}
	d.why[connection] = why
	return true
}
