package feishu

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"magpie/config"
)

// Transports of a connection.
const (
	TransportWebhook   = "webhook"
	TransportWebSocket = "websocket"
)

// Defaults of a Config.
const (
	DefaultBaseURL  = "https://open.feishu.cn"
	DefaultLoginURL = "https://accounts.feishu.cn"
	DefaultMaxAge   = 8 * time.Hour
	DefaultTimeout  = 10 * time.Second
)

// Config is a connection of suite "feishu" in magpie.yaml.
type Config struct {
	ID        string `yaml:"id,required"`
	Suite     string `yaml:"suite,required"`
	Transport string `yaml:"transport"` // webhook or websocket; "" is webhook

	AppID     string        `yaml:"app_id,required"` // cli_…
	AppSecret config.Secret `yaml:"app_secret,required"`
	// TenantKey is the tenant that the app is installed in. Accounts are stored under it. "" asks Feishu
	// for it when it is first needed, which takes the right tenant:tenant:readonly.
	TenantKey string `yaml:"tenant_key"`

	// EncryptKey decrypts and authenticates callbacks; VerificationToken authenticates them where no
	// encrypt key is set. A webhook needs one of the two; the long connection neither.
	EncryptKey        config.Secret `yaml:"encrypt_key"`
	VerificationToken config.Secret `yaml:"verification_token"`
	// MaxAge is how old a signed callback may be. Feishu repeats a delivery for about 7.1 h and does not
	// say whether a repeated one is signed anew. 0 is DefaultMaxAge.
	MaxAge time.Duration `yaml:"max_age"`

	// Login has pages ask Feishu who opens them. public_url + /m/login/ + id has to be among the app's redirect addresses.
	Login bool `yaml:"login"`

	// BaseURL is where the server API is, without a slash at the end. "" is DefaultBaseURL.
	BaseURL string `yaml:"base_url"`
	// Domain is where the long connection is asked for. "" is BaseURL.
	Domain string `yaml:"domain"`
	// LoginURL is where people log in to pages. "" is DefaultLoginURL.
	LoginURL string `yaml:"login_url"`
	// Timeout is for one call to Feishu. 0 is DefaultTimeout.
	Timeout time.Duration `yaml:"timeout"`
}

// ReadConfig decodes and checks the settings of a connection. All mistakes come back at once, as
// config.Problems with their places.
func ReadConfig(c config.Connection) (Config, config.Problems) {
	var cfg Config
	ps := c.Settings.Decode(&cfg)
	if ps.Bad() {
		return Config{}, ps
	}
	cfg.setDefaults()
	for _, m := range cfg.mistakes() {
		ps = append(ps, c.Settings.At(m.path).Problem(m.what, m.want))
	}
	return cfg, ps
}

// setDefaults fills what was left out.
func (c *Config) setDefaults() {
	if c.Transport == "" {
		c.Transport = TransportWebhook
	}
	if c.BaseURL == "" {
		c.BaseURL = DefaultBaseURL
	}
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	if c.Domain == "" {
		c.Domain = c.BaseURL
	}
	c.Domain = strings.TrimRight(c.Domain, "/")
	if c.LoginURL == "" {
		c.LoginURL = DefaultLoginURL
	}
	c.LoginURL = strings.TrimRight(c.LoginURL, "/")
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
}

// mistake is something wrong with one setting.
type mistake struct{ path, what, want string }

var appID = regexp.MustCompile(`^cli_[A-Za-z0-9_]+$`)

// mistakes checks what the types can't say.
func (c *Config) mistakes() []mistake {
	var ms []mistake
	add := func(path, what, want string) { ms = append(ms, mistake{path, what, want}) }

	if c.AppID != "" && !appID.MatchString(c.AppID) {
		add("app_id", fmt.Sprintf("%q is not the id of an app", c.AppID), "cli_ and letters or digits, from the developer console")
	}
	switch c.Transport {
	case TransportWebhook:
		if c.EncryptKey.IsZero() && c.VerificationToken.IsZero() {
			add("transport", "a webhook without encrypt_key and verification_token takes anybody's word",
				"encrypt_key, from 事件与回调 in the developer console (or at least verification_token)")
		}
	case TransportWebSocket:
	default:
		add("transport", fmt.Sprintf("unknown transport %q", c.Transport), "webhook or websocket")
	}
	checkURL := func(path, v string) {
		u, err := url.Parse(v)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			add(path, "this is not the address of a server", "https://open.feishu.cn, without query or user")
		}
	}
	checkURL("base_url", c.BaseURL)
	if c.Domain != c.BaseURL {
		checkURL("domain", c.Domain)
	}
	checkURL("login_url", c.LoginURL)
	if c.MaxAge < 0 || c.MaxAge > 0 && c.MaxAge < time.Minute {
		add("max_age", fmt.Sprintf("%s is too short for clocks that differ", c.MaxAge), "at least 1m; 8h covers Feishu's own repetitions")
	}
	if c.Timeout < 0 || c.Timeout > time.Minute {
		add("timeout", fmt.Sprintf("%s is not a time-out for one call", c.Timeout), "between 1s and 1m")
	}
	return ms
}
