package wecom

import (
	"slices"
	"testing"
)

// A robot has no log-in: who sets one is told, instead of having pages that anybody opens.
func TestRobotHasNoLogin(t *testing.T) {
	t.Parallel()
	said := func(kind string) bool {
		c := testConfig()
		c.Kind, c.Login = kind, true
		return slices.ContainsFunc(c.mistakes(), func(m mistake) bool { return m.path == "login" })
	}
	if said(KindApp) || !said(KindRobot) {
		t.Errorf("app: %v, robot: %v", said(KindApp), said(KindRobot))
	}
}
