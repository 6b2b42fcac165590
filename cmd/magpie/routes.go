package main

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// readyAge is how old the oldest unhandled event or due message may be before /readyz says no.
const readyAge = 2 * time.Minute

// routes is the HTTP surface.
func (a *App) routes() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.HandleMethodNotAllowed = true
	r.Use(recovered(a.o.Log), bodyWithin(bodyTime))
	hooks := gin.WrapH(a.hooks)
	r.Any("/webhook/:connection", hooks)
	a.mountPages(r)
	r.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	r.GET("/readyz", a.readyz)
	r.GET("/metrics", gin.WrapH(promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})))
	if a.o.Mount == nil {
		r.GET("/", func(c *gin.Context) { c.String(http.StatusOK, "Magpie 鹊桥 "+version+"\n") })
		return r
	}
	// Around gin, not behind its NoRoute: that has set the status to 404 already.
	mux := http.NewServeMux()
	a.o.Mount(mux)
	mux.Handle("/", r)
	return mux
}

// bodyTime is how long a caller may take to send a body, of a megabyte at most; the pages give more to whoever may hand in files.
const bodyTime = 30 * time.Second

// bodyWithin ends calls whose body does not come, so that nobody holds connections open for nothing. It is not the
// server's ReadTimeout, which would also end the simulators' streams.
func bodyWithin(d time.Duration) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.Request.ContentLength != 0 {
			// What is no network connection has no deadlines, and nothing to wait for.
			_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(d))
		}
		c.Next()
	}
}

// recovered keeps a panic of one request from ending the process, and its details from the caller.
func recovered(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.Error("panic while serving", "path", c.Request.URL.Path, "panic", p, "stack", string(debug.Stack()))
				c.AbortWithStatus(http.StatusInternalServerError)
			}
		}()
		c.Next()
	}
}

// readyz says whether traffic should come here, with the ages of the queues.
func (a *App) readyz(c *gin.Context) {
	type answer struct {
		Ready       bool    `json:"ready"`
		Why         string  `json:"why,omitempty"`
		InboxAge    float64 `json:"inbox_age_seconds"`
		InboxDepth  int     `json:"inbox_waiting"`
		OutboxAge   float64 `json:"outbox_age_seconds"`
		OutboxDepth int     `json:"outbox_due"`
		OutboxAll   int     `json:"outbox_waiting"` // put off and under way included
		TimersAge   float64 `json:"timers_age_seconds"`
		Dead        int     `json:"dead_letters"`
		Config      string  `json:"config_revision"`
		ConfigError string  `json:"config_error,omitempty"`
	}
	out := answer{Ready: a.ready.Load(), Config: a.config().Revision}
	var why []string
	if !out.Ready {
		why = append(why, "starting or stopping")
	}
	now := a.o.Now()
	h, err := a.store.Health(c.Request.Context(), now)
	if err != nil {
		a.o.Log.Error("read the queues", "err", err)
		why = append(why, "the database does not answer")
	} else {
		out.InboxDepth, out.OutboxDepth, out.OutboxAll, out.Dead = h.InboxWaiting, h.OutDue, h.OutWaiting, h.InboxDead+h.JobsDead
		out.InboxAge, out.OutboxAge, out.TimersAge = age(now, h.InboxOldest), age(now, h.OutOldest), age(now, h.TimersOldest)
		if out.InboxAge > readyAge.Seconds() {
			why = append(why, "events wait too long")
		}
	}
	if err := a.live.Err(); err != nil {
		out.ConfigError = err.Error() // the last good one is in force: that is no reason to be taken out
	}
	out.Ready, out.Why = len(why) == 0, strings.Join(why, "; ")
	status := http.StatusOK
	if !out.Ready {
		status = http.StatusServiceUnavailable
	}
	c.JSON(status, out)
}

// age is how long ago a time was in seconds, 0 for the zero time.
func age(now, t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return max(0, now.Sub(t).Seconds())
}
