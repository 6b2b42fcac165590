package config

import (
	"fmt"
	"net"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/invopop/jsonschema"
)

// The shape of magpie.yaml. The jsonschema tags feed both the decoder and docs/schema/magpie.json.
type (
	file struct {
		Server      serverFile            `yaml:"server" jsonschema_description:"How people and vendors reach us."`
		Store       storeFile             `yaml:"store" jsonschema_description:"Where state is kept."`
		Connections []connectionFile      `yaml:"connections" jsonschema_description:"The apps that we are, one entry each."`
		People      peopleFile            `yaml:"people" jsonschema_description:"How accounts become persons."`
		Calendar    calendarFile          `yaml:"calendar" jsonschema_description:"When people work."`
		Workflows   string                `yaml:"workflows" jsonschema_description:"Folder of the workflow files, relative to this file. Default: workflows"`
		Templates   string                `yaml:"templates" jsonschema_description:"Folder of card templates that replace built-in ones by name. Default: none"`
		Audit       auditFile             `yaml:"audit" jsonschema_description:"Where the daily heads of the trail go, which prove that it was not changed."`
		Limits      map[string]limitsFile `yaml:"limits" jsonschema_description:"By connection id: budgets below the vendor's own."`
	}
	serverFile struct {
		Addr      listenAddr `yaml:"addr" jsonschema_description:"Where to listen. Default: :8080"`
		PublicURL publicURL  `yaml:"public_url" jsonschema_description:"How the outside reaches us: https://bot.example.com"`
		Timezone  zone       `yaml:"timezone" jsonschema_description:"IANA name. Default: Asia/Shanghai"`
	}
	storeFile struct {
		Driver string `yaml:"driver" jsonschema:"enum=sqlite,enum=mysql" jsonschema_description:"Default: sqlite"`
		DSN    Secret `yaml:"dsn" jsonschema_description:"sqlite: a path, default magpie.db; mysql: user:password@tcp(host:3306)/magpie"`
	}
	peopleFile struct {
		LinkBy  []string              `yaml:"link_by" jsonschema:"enum=employee_no,enum=email,enum=mobile" jsonschema_description:"What makes two accounts one person, the best first. Default: all three"`
		Roles   map[string]roleFile   `yaml:"roles" jsonschema_description:"Name of a role to the persons or selectors that hold it."`
		OnCall  map[string]onCallFile `yaml:"oncall" jsonschema_description:"Name of a duty roster to the persons who take turns."`
		Sync    time.Duration         `yaml:"sync" jsonschema_description:"How often directories are read in full. Default: 30m"`
		Leavers string                `yaml:"leavers" jsonschema:"enum=manager,enum=admin" jsonschema_description:"Who takes over what waits for somebody who has left: their manager, or whoever holds the role admin. Default: manager"`
	}
	calendarFile struct {
		Country  string   `yaml:"country" jsonschema:"enum=cn,enum=none" jsonschema_description:"Whose public holidays count. Default: cn"`
		Workday  clocks   `yaml:"workday" jsonschema_description:"Default: 09:00-18:00"`
		Lunch    clocks   `yaml:"lunch" jsonschema_description:"Default: 12:00-13:30; none for no break"`
		Quiet    clocks   `yaml:"quiet" jsonschema_description:"When nobody is nudged; may pass midnight. Default: none"`
		Holidays []string `yaml:"holidays,scalar" jsonschema_description:"Files with the holidays of years that are not shipped."`
	}
	auditFile struct {
		Heads string `yaml:"heads" jsonschema_description:"A file that each day's head is added to, as a line of JSON, relative to this file. Default: none"`
		Tell  string `yaml:"tell" jsonschema_description:"Id of a person who gets each day's head as a message. Default: nobody"`
	}
	limitsFile struct {
		PerMinute    int `yaml:"per_minute" jsonschema:"minimum=1" jsonschema_description:"Calls a minute"`
		PerSecond    int `yaml:"per_second" jsonschema:"minimum=1" jsonschema_description:"Calls a second"`
		PerRecipient int `yaml:"per_recipient" jsonschema:"minimum=1" jsonschema_description:"Messages a second to one address"`
	}
	// envelope is what every connection has; the rest belongs to its adapter.
	envelope struct {
		ID        string `yaml:"id,required" jsonschema:"pattern=^[a-z0-9-]{1\\,40}$" jsonschema_description:"Our name for it: lower-case letters, digits, hyphens. It stands in the webhook's address"`
		Suite     string `yaml:"suite,required" jsonschema_description:"feishu, dingtalk, wecom, …"`
		Transport string `yaml:"transport" jsonschema_description:"How events arrive, where the suite has several: webhook, websocket, stream"`
	}
)

// connectionFile is the whole mapping of a connection: its adapter decodes it.
type connectionFile struct{ node *Node }

// DecodeYAML keeps the node.
func (c *connectionFile) DecodeYAML(n *Node) Problems {
	c.node = n
	return nil
}

// JSONSchema describes the keys that every connection has, and lets others stand beside them.
func (connectionFile) JSONSchema() *JSONSchema {
	s := (&schemaMaker{}).structure(reflect.TypeFor[envelope]())
	s.AdditionalProperties = jsonschema.TrueSchema
	return s
}

// JSONSchema describes the form.
func (listenAddr) JSONSchema() *JSONSchema {
	return &JSONSchema{Type: "string", Pattern: `:[0-9]+$|\$\{`}
}

// JSONSchema describes the form.
func (publicURL) JSONSchema() *JSONSchema {
	return &JSONSchema{Type: "string", Pattern: `^https?://[^/?#]+|\$\{`}
}

// JSONSchema describes the form.
func (zone) JSONSchema() *JSONSchema { return &JSONSchema{Type: "string"} }

// JSONSchema describes the form.
func (clocks) JSONSchema() *JSONSchema {
	return &JSONSchema{Type: "string", Pattern: `^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$|^none$|\$\{`}
}

// JSONSchema describes the form.
func (roleFile) JSONSchema() *JSONSchema {
	one := uint64(1)
	who := &JSONSchema{Type: "string"}
	return &JSONSchema{AnyOf: []*JSONSchema{{Type: "array", Items: who, MinItems: &one}, who}}
}

// listenAddr is host:port; the host may be empty.
type listenAddr string

// DecodeYAML checks the form.
func (a *listenAddr) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil {
		return ps
	}
	_, port, err := net.SplitHostPort(s)
	if i, e := strconv.ParseUint(port, 10, 16); err != nil || e != nil || i > 65535 {
		return Problems{n.Problem(shown(n)+" is no address to listen on", "write host:port or :8080")}
	}
	*a = listenAddr(s)
	return nil
}

// publicURL is an absolute http or https address, kept without a slash at its end.
type publicURL string

// DecodeYAML checks the form.
func (p *publicURL) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil || s == "" {
		return ps
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", strings.ContainsAny(s, " \t\n"):
		return Problems{n.Problem(shown(n)+" is no public address", "write it like https://bot.example.com")}
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return Problems{n.Problem("the public address has more than host and path", "write it like https://bot.example.com")}
	}
	*p = publicURL(strings.TrimRight(s, "/"))
	if host := u.Hostname(); u.Scheme == "http" && host != "localhost" && !net.ParseIP(host).IsLoopback() {
		return Problems{n.Warn("the public address is not encrypted", "vendors and browsers want https")}
	}
	return nil
}

// zone is an IANA time zone.
type zone struct {
	name string
	loc  *time.Location
}

// DecodeYAML looks the zone up.
func (z *zone) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil {
		return ps
	}
	loc, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return Problems{n.Problem(shown(n)+" is no time zone", "write an IANA name such as Asia/Shanghai")}
	}
	z.name, z.loc = s, loc
	return nil
}

// clocks is a part of the day, "09:00-18:00"; "none" is none.
type clocks struct{ from, to time.Duration }

// DecodeYAML reads two clock times.
func (c *clocks) DecodeYAML(n *Node) Problems {
	s, ps := n.string()
	if ps != nil {
		return ps
	}
	if s == "none" {
		*c = clocks{}
		return nil
	}
	a, b, dash := strings.Cut(s, "-")
	from, err1 := parseClock(a)
	to, err2 := parseClock(b)
	if !dash || err1 != nil || err2 != nil {
		return Problems{n.Problem(shown(n)+" is no part of the day", "write it like 09:00-18:00")}
	}
	if from == to {
		return Problems{n.Problem(shown(n)+" begins and ends at the same time", "write it like 09:00-18:00, or none")}
	}
	*c = clocks{from, to}
	return nil
}

// parseClock reads hh:mm since midnight; 24:00 is the end of the day.
func parseClock(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	h, m, ok := strings.Cut(s, ":")
	hour, err1 := strconv.ParseUint(h, 10, 8)
	minute, err2 := strconv.ParseUint(m, 10, 8)
	if !ok || err1 != nil || err2 != nil || len(h) > 2 || len(m) != 2 || minute > 59 || hour > 24 || hour == 24 && minute > 0 {
		return 0, fmt.Errorf("%q is no clock time", s)
	}
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute, nil
}

// roleFile is who holds a role: one selector or several.
type roleFile []string

// DecodeYAML reads one or many.
func (r *roleFile) DecodeYAML(n *Node) Problems {
	var d decoder
	d.list(n, reflect.ValueOf((*[]string)(r)).Elem(), field{scalar: true, required: true})
	return d.problems
}

// string decodes a scalar.
func (n *Node) string() (string, Problems) {
	var s string
	if ps := n.Decode(&s); len(ps) > 0 {
		return "", ps
	}
	return s, nil
}
