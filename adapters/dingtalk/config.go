package dingtalk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"strings"

	"magpie/config"
)

// Transports of a connection.
const (
	TransportWebhook = "webhook"
	TransportStream  = "stream"
)

// Defaults of a Config.
const (
	DefaultAPIURL       = "https://api.dingtalk.com"
	DefaultOAPIURL      = "https://oapi.dingtalk.com"
	DefaultLoginURL     = "https://login.dingtalk.com"
	DefaultMaxAge       = time.Hour
	DefaultTimeout      = 10 * time.Second
	DefaultSilence      = 90 * time.Second
	DefaultMonthlyCalls = 5000
	DefaultMonthlyReads = 1000
	DefaultDingText     = "你有一项待办需要尽快处理，请打开钉钉查看机器人发送的卡片。"
)

// Config is a connection of suite "dingtalk" in magpie.yaml.
type Config struct {
	ID        string `yaml:"id,required"`
	Suite     string `yaml:"suite,required"`
	Transport string `yaml:"transport"` // webhook or stream; "" is webhook

	ClientID     string        `yaml:"client_id,required"` // also called AppKey
	ClientSecret config.Secret `yaml:"client_secret,required"`
	CorpID       string        `yaml:"corp_id,required"` // ding…; accounts are stored under it
	// RobotCode names the app's robot. "" is ClientID, which is what it is for an internal app.
	RobotCode string `yaml:"robot_code"`
	// AgentID is needed for work notifications: the way to people whom the robot can't write to. 0: none.
	AgentID int64 `yaml:"agent_id"`

	// Token and AESKey authenticate and decrypt event callbacks. A webhook needs both.
	Token  config.Secret `yaml:"token"`
	AESKey config.Secret `yaml:"aes_key"`
	// OwnerKeys are accepted in the envelope of an event beside ClientID: the corp_id where the callback was
	// registered by the old interface.
	OwnerKeys []string `yaml:"owner_keys"`
	// MaxAge is how old a signed event or message may be. 0 is DefaultMaxAge.
	MaxAge time.Duration `yaml:"max_age"`

	// Templates are our card templates as the tenant has imported them, by our names: card, form. Without
	// them cards are ActionCards, whose buttons only open pages.
	Templates map[string]Template `yaml:"templates"`
	// CallbackURL is where presses go for transport webhook: public_url + /webhook/ + id. It is registered with
	// DingTalk before the first card is sent. "": it has been registered by hand under CardRoute with CardSecret.
	CallbackURL string        `yaml:"callback_url"`
	CardRoute   string        `yaml:"card_route"`  // callbackRouteKey; "" is the connection's id
	CardSecret  config.Secret `yaml:"card_secret"` // apiSecret; "" is derived from ClientSecret

	// Login has pages ask DingTalk who opens them. public_url + /m/login/ + id has to be among the app's redirect
	// addresses.
	Login bool `yaml:"login"`

	// APIURL and OAPIURL are DingTalk's two hosts, without a slash at the end. "" are the defaults.
	APIURL  string `yaml:"api_url"`
	OAPIURL string `yaml:"oapi_url"`
	// LoginURL is where people log in to pages. "" is DefaultLoginURL.
	LoginURL string `yaml:"login_url"`
	// Timeout is for one call. 0 is DefaultTimeout.
	Timeout time.Duration `yaml:"timeout"`
	// Silence is how long a stream connection may bring nothing until it is replaced. 0 is DefaultSilence.
	Silence time.Duration `yaml:"silence"`

	// MonthlyCalls is what the organisation's edition allows for all its apps together; MonthlyReads is the share
	// of it that may be spent on asking who has read a message. 0 are the defaults, -1 is without a limit.
	MonthlyCalls int `yaml:"monthly_calls"`
	MonthlyReads int `yaml:"monthly_reads"`

	// DingText is what a DING says, since it carries no card. "" is DefaultDingText.
	DingText string `yaml:"ding_text"`
	// SceneTemplate is the group template that new groups are made from, and GroupOwner the userId of who owns
	// them. Without both no groups can be made.
	SceneTemplate string `yaml:"scene_template"`
	GroupOwner    string `yaml:"group_owner"`
}

// Template is one of our card templates in the tenant.
type Template struct {
	ID      string `yaml:"id,required"`      // what the card platform gave it: ….schema
	Version int    `yaml:"version,required"` // of the file that it was made from
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
	str := func(s *string, def string) {
		if *s == "" {
			*s = def
		}
	}
	num := func(n *int, def int) {
		if *n == 0 {
			*n = def
		}
	}
	span := func(d *time.Duration, def time.Duration) {
		if *d == 0 {
			*d = def
		}
	}
	str(&c.Transport, TransportWebhook)
	str(&c.RobotCode, c.ClientID)
	str(&c.CardRoute, c.ID)
	str(&c.APIURL, DefaultAPIURL)
	str(&c.OAPIURL, DefaultOAPIURL)
	str(&c.LoginURL, DefaultLoginURL)
	c.APIURL, c.OAPIURL, c.LoginURL = strings.TrimRight(c.APIURL, "/"), strings.TrimRight(c.OAPIURL, "/"), strings.TrimRight(c.LoginURL, "/")
	str(&c.DingText, DefaultDingText)
	span(&c.MaxAge, DefaultMaxAge)
	span(&c.Timeout, DefaultTimeout)
	span(&c.Silence, DefaultSilence)
	num(&c.MonthlyCalls, DefaultMonthlyCalls)
	num(&c.MonthlyReads, DefaultMonthlyReads)
	if c.CardSecret.IsZero() {
		m := hmac.New(sha256.New, []byte(c.ClientSecret.Reveal()))
		m.Write([]byte("magpie card callback " + c.ID))
		c.CardSecret = config.NewSecret(hex.EncodeToString(m.Sum(nil)[:16]))
	}
}

// owners are the keys that may stand at the end of an encrypted event.
func (c *Config) owners() []string { return append([]string{c.ClientID}, c.OwnerKeys...) }

// mistake is something wrong with one setting.
type mistake struct{ path, what, want string }

var (
	idForm    = regexp.MustCompile(`^[A-Za-z0-9_-]{3,64}$`)
	tokenForm = regexp.MustCompile(`^[A-Za-z0-9]{3,32}$`)
)

// mistakes checks what the types can't say.
func (c *Config) mistakes() []mistake {
	var ms []mistake
	add := func(path, what, want string) { ms = append(ms, mistake{path, what, want}) }

	for _, id := range []struct{ path, value string }{{"client_id", c.ClientID}, {"corp_id", c.CorpID}, {"robot_code", c.RobotCode}} {
		if id.value != "" && !idForm.MatchString(id.value) {
			add(id.path, fmt.Sprintf("%q can't be one", id.value), "letters and digits, from 凭证与基础信息 in the developer console")
		}
	}
	switch c.Transport {
	case TransportWebhook:
		if c.Token.IsZero() || c.AESKey.IsZero() {
			add("transport", "a webhook without token and aes_key can take no events", "both, from 事件订阅 in the developer console; or transport stream")
		}
	case TransportStream:
	default:
		add("transport", fmt.Sprintf("unknown transport %q", c.Transport), "webhook or stream")
	}
	if !c.AESKey.IsZero() {
		if _, err := newSealer(c.AESKey.Reveal()); err != nil {
			add("aes_key", "this is not a key", "the 43 letters and digits of 加密 aes_key")
		}
	}
	if !c.Token.IsZero() && !tokenForm.MatchString(c.Token.Reveal()) {
		add("token", "this is not a token", "3 to 32 letters and digits, as in 签名 token")
	}
	for name, t := range c.Templates {
		own, ok := shipped[name]
		switch {
		case !ok:
			add("templates."+name, "there is no such template", strings.Join(templateNames(), " or "))
		case t.Version != own.Version:
			add("templates."+name+".version", fmt.Sprintf("version %d, this program draws for version %d", t.Version, own.Version),
				"make the template anew from the file of this version, and give its id")
		case t.ID == "":
			add("templates."+name+".id", "is empty", "the id that the card platform shows, ….schema")
		}
	}
	if _, card := c.Templates[templateCard]; len(c.Templates) > 0 && !card {
		add("templates", "the template card is missing", "card, and form if forms are to be filled in on the card")
	}
	for _, u := range []struct{ path, value string }{{"api_url", c.APIURL}, {"oapi_url", c.OAPIURL}, {"login_url", c.LoginURL}, {"callback_url", c.CallbackURL}} {
		if u.value == "" {
			continue
		}
		p, err := url.Parse(u.value)
		if err != nil || p.Scheme != "http" && p.Scheme != "https" || p.Host == "" || p.User != nil || p.RawQuery != "" || p.Fragment != "" {
			add(u.path, "this is not the address of a server", "https://…, without query or user")
		}
	}
	if c.MaxAge < time.Minute {
		add("max_age", fmt.Sprintf("%s is too short for clocks that differ", c.MaxAge), "at least 1m; 1h is what DingTalk says")
	}
	if c.Timeout < 0 || c.Timeout > time.Minute {
		add("timeout", fmt.Sprintf("%s is not a time-out for one call", c.Timeout), "between 1s and 1m")
	}
	if c.Silence < 10*time.Second {
		add("silence", fmt.Sprintf("%s is shorter than what DingTalk leaves between two pings", c.Silence), "at least 10s; 90s is the default")
	}
	if c.MonthlyCalls < -1 || c.MonthlyReads < -1 {
		add("monthly_calls", "is negative", "a number of calls, or -1 for no limit")
	}
	if (c.SceneTemplate == "") != (c.GroupOwner == "") {
		add("scene_template", "scene_template and group_owner go together", "both or none")
	}
	slices.SortStableFunc(ms, func(a, b mistake) int { return strings.Compare(a.path, b.path) })
	return ms
}
