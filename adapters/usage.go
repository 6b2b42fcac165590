package adapters

import "time"

// Usage is how much of one of the vendor's allowances our processes have spent: all that share a database (see Shared),
// else this one.
type Usage struct {
	Name  string    // "api_calls", "pushes", "read_queries"
	Used  int       // since Since; of a process that shares nothing, since its start
	Limit int       // 0 is without a limit, or not known
	Since time.Time // start of the span that the allowance is for
	Until time.Time // its end, when it is full again
	Spent bool      // the vendor itself has said that it is used up
}

// Meter counts what a suite allows only so much of in a month. The answer is at hand: no I/O.
type Meter interface {
	Usage() []Usage
}

// Usage tells what the connection has spent of the vendor's allowances; nil where the suite has none.
func (c *Connection) Usage() []Usage {
	if p, ok := c.p.(Meter); ok {
		return p.Usage()
	}
	return nil
}
