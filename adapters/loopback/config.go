package loopback

import (
	"log/slog"
	"time"

	"magpie/adapters"
	"magpie/config"
)

// platformName is the suite in the configuration and in scopes.
const platformName = "loopback"

// settings is the block of a connection in magpie.yaml.
type settings struct {
	ID        string        `yaml:"id,required"`
	Suite     string        `yaml:"suite,required"`
	Transport string        `yaml:"transport"`
	Secret    config.Secret `yaml:"secret,required"`
	Tenant    string        `yaml:"tenant"`
}

// Factory makes the Platform of a configured connection.
func Factory(c config.Connection, env adapters.Env) (adapters.Platform, error) {
	var s settings
	if ps := c.Settings.Decode(&s); ps.Bad() {
		return nil, ps
	}
	return New(s.Secret, s.Tenant, env), nil
}

var _ adapters.Factory = Factory

// New makes a Platform without configuration. An empty tenant is "demo".
func New(secret config.Secret, tenant string, env adapters.Env) *Platform {
	if env.Now == nil {
		env.Now = time.Now
	}
	if env.Log == nil {
		env.Log = slog.New(slog.DiscardHandler)
	}
	if tenant == "" {
		tenant = "demo"
	}
	return &Platform{
		secret: []byte(secret.Reveal()), tenant: tenant, now: env.Now, log: env.Log,
		byKey: map[string]int{}, script: map[string][]error{}, pushed: make(chan pushed),
	}
}
