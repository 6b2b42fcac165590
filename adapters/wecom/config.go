package wecom

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"magpie/config"
)

// Kinds of a connection.
const (
	KindApp   = "app"   // a self-built app (自建应用)
	KindRobot = "robot" // a smart robot (智能机器人)
)

// Transports of a connection.
const (
	TransportWebhook   = "webhook"
	TransportWebSocket = "websocket" // smart robots only
)

// Defaults of a Config.
const (
	DefaultBaseURL    = "https://qyapi.weixin.qq.com"
	DefaultOAuthURL   = "https://open.weixin.qq.com"
	DefaultLoginURL   = "https://login.work.weixin.qq.com"
	DefaultSocketURL  = "wss://openws.work.weixin.qq.com"
	DefaultEmployeeNo = "attr:工号"
	DefaultMaxAge     = time.Hour
	DefaultTimeout    = 10 * time.Second
)

// Config is a connection of suite "wecom" in magpie.yaml.
type Config struct {
	ID        string `yaml:"id,required"`
	Suite     string `yaml:"suite,required"`
	Kind      string `yaml:"kind"`      // app or robot; "" is app
	Transport string `yaml:"transport"` // webhook or websocket; "" is webhook

	CorpID  string        `yaml:"corp_id"`  // ww…: the corp, for both kinds
	AgentID int64         `yaml:"agent_id"` // the app's number
	Secret  config.Secret `yaml:"secret"`   // the app's own, never that of the contact assistant
	// Token and AESKey authenticate and decrypt callbacks; both are from the page where the address is set.
	Token  config.Secret `yaml:"token"`
	AESKey config.Secret `yaml:"aes_key"`

	// ContactToken and ContactAESKey are those of the contact assistant (通讯录同步), whose events come to the
	// same address of ours when they are set. WeCom gives contact events to nobody else.
	ContactToken  config.Secret `yaml:"contact_token"`
	ContactAESKey config.Secret `yaml:"contact_aes_key"`

	BotID     string        `yaml:"bot_id"`     // of a robot with a long connection
	BotSecret config.Secret `yaml:"bot_secret"` // the same

	// Pushes are keys of group pushes (消息推送), by names of ours: a chat push:NAME is written to with one.
	Pushes map[string]config.Secret `yaml:"pushes"`

	// MaxAge is how old a signed callback may be. WeCom repeats one within seconds; whether the repetition
	// is signed anew is not documented. 0 is DefaultMaxAge.
	MaxAge time.Duration `yaml:"max_age"`
	// Login has pages ask WeCom who opens them. The host of public_url has to be the app's trusted domain.
	Login bool `yaml:"login"`
	// EmployeeNo is where employee numbers are: userid, alias, or attr:NAME, a field of the contacts. "" is
	// DefaultEmployeeNo.
	EmployeeNo string `yaml:"employee_no"`
	// Textcard sends a twin of each new card as a text with a link, for people who read in WeChat, where cards
	// are not shown. WeCom counts it as a message of its own.
	Textcard bool `yaml:"textcard"`

	BaseURL   string        `yaml:"base_url"`   // server API; "" is DefaultBaseURL
	OAuthURL  string        `yaml:"oauth_url"`  // log-in inside WeCom; "" is DefaultOAuthURL
	LoginURL  string        `yaml:"login_url"`  // log-in in a browser; "" is DefaultLoginURL
	SocketURL string        `yaml:"socket_url"` // long connection of robots; "" is DefaultSocketURL
	Timeout   time.Duration `yaml:"timeout"`    // for one call; 0 is DefaultTimeout
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
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&c.Kind, KindApp)
	def(&c.Transport, TransportWebhook)
	def(&c.EmployeeNo, DefaultEmployeeNo)
	for _, u := range []struct {
		at  *string
		def string
	}{{&c.BaseURL, DefaultBaseURL}, {&c.OAuthURL, DefaultOAuthURL}, {&c.LoginURL, DefaultLoginURL}, {&c.SocketURL, DefaultSocketURL}} {
		def(u.at, u.def)
		*u.at = strings.TrimRight(*u.at, "/")
	}
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
}

// mistake is something wrong with one setting.
type mistake struct{ path, what, want string }

var (
	corpID   = regexp.MustCompile(`^w[wx][A-Za-z0-9]{4,64}$`)
	token    = regexp.MustCompile(`^[A-Za-z0-9]{1,32}$`)
	aesKey   = regexp.MustCompile(`^[A-Za-z0-9]{43}$`)
	pushName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
)

// mistakes checks what the types can't say.
func (c *Config) mistakes() []mistake {
	var ms []mistake
	add := func(path, what, want string) { ms = append(ms, mistake{path, what, want}) }
	need := func(path string, missing bool, want string) {
		if missing {
			add(path, "missing", want)
		}
	}
	if c.CorpID != "" && !corpID.MatchString(c.CorpID) {
		add("corp_id", fmt.Sprintf("%.40q is not the id of a corp", c.CorpID), "ww and letters or digits, from 我的企业 → 企业信息")
	}
	need("corp_id", c.CorpID == "", "the corp's id, from 我的企业 → 企业信息")
	switch c.Kind {
	case KindApp:
		need("agent_id", c.AgentID == 0, "the app's AgentId, from its page in the admin console")
		need("secret", c.Secret.IsZero(), "the app's Secret, from its page in the admin console")
		if c.AgentID < 0 {
			add("agent_id", "is negative", "the app's AgentId")
		}
		if c.Transport == TransportWebSocket {
			add("transport", "an app has no long connection", "webhook; only robots (kind: robot) have one")
		}
	case KindRobot:
		if c.Login {
			add("login", "a robot has no log-in", "leave it out; log-ins are an app's")
		}
		if c.Transport == TransportWebSocket {
			need("bot_id", c.BotID == "", "the robot's id, from its page, API mode 使用长连接")
			need("bot_secret", c.BotSecret.IsZero(), "the robot's secret, from the same page")
		}
	default:
		add("kind", fmt.Sprintf("unknown kind %.40q", c.Kind), "app or robot")
	}
	switch c.Transport {
	case TransportWebhook:
		need("token", c.Token.IsZero(), "Token, from 接收消息 → 设置API接收")
		need("aes_key", c.AESKey.IsZero(), "EncodingAESKey, from the same page")
	case TransportWebSocket:
	default:
		add("transport", fmt.Sprintf("unknown transport %.40q", c.Transport), "webhook or websocket")
	}
	for _, s := range []struct {
		path string
		v    config.Secret
		form *regexp.Regexp
		want string
	}{
		{"token", c.Token, token, "1 to 32 letters and digits"},
		{"aes_key", c.AESKey, aesKey, "43 letters and digits, as the console makes them"},
		{"contact_token", c.ContactToken, token, "1 to 32 letters and digits"},
		{"contact_aes_key", c.ContactAESKey, aesKey, "43 letters and digits, as the console makes them"},
	} {
		if !s.v.IsZero() && !s.form.MatchString(s.v.Reveal()) {
			add(s.path, "does not look like one", s.want)
		}
	}
	if c.ContactToken.IsZero() != c.ContactAESKey.IsZero() {
		add("contact_token", "contact_token and contact_aes_key go together", "both or neither")
	}
	for _, name := range sortedNames(c.Pushes) {
		switch {
		case !pushName.MatchString(name):
			add("pushes", fmt.Sprintf("%.40q is not a name", name), "letters, digits, - and _")
		case c.Pushes[name].IsZero():
			add("pushes", name+" has no key", "the key= of the push's address")
		}
	}
	if no := c.EmployeeNo; no != numberInUserID && no != numberInAlias && (!strings.HasPrefix(no, numberInAttr) || no == numberInAttr) {
		add("employee_no", fmt.Sprintf("%.40q is no place for employee numbers", no), "userid, alias, or attr: and the name of a field of the contacts")
	}
	c.checkURLs(add)
	if c.MaxAge < time.Minute {
		add("max_age", fmt.Sprintf("%s is too short for clocks that differ", c.MaxAge), "at least 1m")
	}
	if c.Timeout < 0 || c.Timeout > time.Minute {
		add("timeout", fmt.Sprintf("%s is not a time-out for one call", c.Timeout), "between 1s and 1m")
	}
	return ms
}

func (c *Config) checkURLs(add func(path, what, want string)) {
	check := func(path, v string, schemes ...string) {
		u, err := url.Parse(v)
		if err != nil || !slices.Contains(schemes, u.Scheme) || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			add(path, "this is not the address of a server", schemes[len(schemes)-1]+"://…, without query or user")
		}
	}
	check("base_url", c.BaseURL, "http", "https")
	check("oauth_url", c.OAuthURL, "http", "https")
	check("login_url", c.LoginURL, "http", "https")
	check("socket_url", c.SocketURL, "ws", "wss")
}

func sortedNames(m map[string]config.Secret) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
