package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"magpie/adapters/dingtalk"
	"magpie/simulator"
	simdingtalk "magpie/simulator/dingtalk"
	simfeishu "magpie/simulator/feishu"
	simwecom "magpie/simulator/wecom"
)

// demoSuites are the suites that the demo simulates, in the order of the playground's columns.
var demoSuites = []string{"feishu", "dingtalk", "wecom"}

// simulation is where simulated suites stand.
type simulation struct {
	company   *simulator.Company
	bus       *simulator.Bus
	log       *slog.Logger
	base      string // of the whole server
	data      string // folder of the state files
	transport string // webhook or websocket
}

func (s simulation) webhook(id string) string { return s.base + "/webhook/" + id }

// loginBack is where log-ins to our pages may lead, as an administrator would have registered it.
func (s simulation) loginBack(id string) []string { return []string{s.base + "/m/login/" + id} }

func (s simulation) state(suite string) string {
	return filepath.Join(s.data, "simulated-"+suite+".json")
}

// start starts one suite, with the bot in it.
func (s simulation) start(suite string) (simulator.Suite, error) {
	switch suite {
	case "feishu":
		return simfeishu.New(simfeishu.Options{
			Company: s.company, Bus: s.bus, Log: s.log, Base: s.base + "/sim/feishu", StateFile: s.state(suite),
			Apps: []simfeishu.App{{ID: "feishu-main", Name: botName, Transport: s.transport, Webhook: s.webhook("feishu-main"), RedirectURIs: s.loginBack("feishu-main")}},
		})
	case "dingtalk":
		app := simdingtalk.App{ID: "ding-main", Name: botName, Transport: s.dingTransport(), Webhook: s.webhook("ding-main"), RedirectURIs: s.loginBack("ding-main")}
		return simdingtalk.New(simdingtalk.Options{
			Company: s.company, Bus: s.bus, Log: s.log, Base: s.base + "/sim/dingtalk", StateFile: s.state(suite),
			Apps: []simdingtalk.App{app}, Templates: dingTemplates(),
			// The month of the standard edition is over after an afternoon of trying out.
			Limits: simdingtalk.Limits{Calls: -1, Pushes: -1},
		})
	case "wecom":
		return simwecom.New(simwecom.Options{
			Company: s.company, Bus: s.bus, Log: s.log, Base: s.base + "/sim/wecom", StateFile: s.state(suite),
			Apps:     []simwecom.App{{ID: "wecom-main", Name: botName, Webhook: s.webhook("wecom-main"), TrustedDomain: strings.TrimPrefix(s.base, "http://")}},
			Contacts: simwecom.Contacts{Webhook: s.webhook("wecom-main")},
		})
	}
	return nil, fmt.Errorf("there is no simulated suite %q", suite)
}

func (s simulation) dingTransport() string {
	if s.transport == "websocket" {
		return simdingtalk.TransportStream
	}
	return simdingtalk.TransportWebhook
}

// dingTemplateID is what the simulated card platform calls one of our templates.
func dingTemplateID(name string) string { return "magpie-" + name + ".schema" }

// dingTemplates are our card templates, as an administrator would have made them.
func dingTemplates() map[string][]byte {
	out := map[string][]byte{}
	for _, f := range dingtalk.TemplateFiles() {
		out[dingTemplateID(f.Name)] = f.JSON
	}
	return out
}

// startAll starts the suites, or none.
func (s simulation) startAll(names []string) (all []simulator.Suite, err error) {
	for _, name := range names {
		suite, err := s.start(name)
		if err != nil {
			for _, x := range all {
				err = errors.Join(err, x.Close())
			}
			return nil, err
		}
		all = append(all, suite)
	}
	return all, nil
}

// variables hand the simulated suites' credentials to the configuration, which is a file like any other.
func (s simulation) variables(all []simulator.Suite) map[string]string {
	out := map[string]string{"MAGPIE_DEMO_URL": s.base, "MAGPIE_DEMO_TRANSPORT": s.transport, "MAGPIE_DEMO_DING_TRANSPORT": s.dingTransport()}
	for _, suite := range all {
		c := suite.Connections()[0]
		prefix := "MAGPIE_DEMO_" + strings.ToUpper(suite.Name())
		out[prefix] = c.Base
		for name, value := range c.Credentials {
			out[prefix+"_"+strings.ToUpper(name)] = value
		}
	}
	for _, f := range dingtalk.TemplateFiles() {
		out["MAGPIE_DEMO_DINGTALK_TEMPLATE_"+strings.ToUpper(f.Name)] = dingTemplateID(f.Name)
		out["MAGPIE_DEMO_DINGTALK_VERSION_"+strings.ToUpper(f.Name)] = strconv.Itoa(f.Version)
	}
	return out
}

var connectionBlock = regexp.MustCompile(`(?m)^  - id: .*\n    suite: (\w+)\n(?:    .*\n)*`)

// onlySuites leaves the connections of other suites out of the sample's magpie.yaml.
func onlySuites(file []byte, suites []string) []byte {
	return connectionBlock.ReplaceAllFunc(file, func(block []byte) []byte {
		if slices.Contains(suites, string(connectionBlock.FindSubmatch(block)[1])) {
			return block
		}
		return nil
	})
}
