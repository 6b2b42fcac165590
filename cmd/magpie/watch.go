package main

import (
	"context"

	"magpie/config"
)

// watch reloads the configuration when its files change. A new one is swapped in as a whole; one with
// mistakes is reported and the last good one stays in force. Connections, server and store are read at the
// start only.
func (a *App) watch(ctx context.Context) error {
	w := config.NewWatcher(a.config().WatchPaths(a.o.Config)...)
	return w.Run(ctx, func() {
		a.reload(ctx)
		w.SetPaths(a.config().WatchPaths(a.o.Config)...)
	})
}

// reload builds the configuration anew and swaps it in.
func (a *App) reload(ctx context.Context) {
	err := a.live.Swap(func(old *running) (*running, error) {
		p, ps := loadProject(a.o.Config, a.env(), a.o.variables()...)
		if p == nil {
			return nil, ps
		}
		if p.cfg.Revision == old.project.cfg.Revision {
			return nil, nil
		}
		for _, w := range ps {
			a.o.Log.Warn("configuration", "problem", w.String())
		}
		if needsRestart(old.project.cfg, p.cfg) {
			a.o.Log.Warn("server, store or connections have changed: that takes a restart")
		}
		return a.build(ctx, p)
	})
	if err != nil {
		a.o.Log.Error("configuration not reloaded; the last good one stays in force", "err", err)
		return
	}
	a.o.Log.Info("configuration in force", "revision", a.config().Revision)
}

func needsRestart(old, now *config.Config) bool {
	if old.Server.Addr != now.Server.Addr || old.Store != now.Store || len(old.Connections) != len(now.Connections) {
		return true
	}
	for i, c := range now.Connections {
		o := old.Connections[i]
		if o.ID != c.ID || o.Suite != c.Suite || o.Transport != c.Transport {
			return true
		}
	}
	return false
}
