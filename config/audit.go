package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// audit checks where heads go: a file in a folder that is there, a person by id.
func (l *loader) audit(c *Config) {
	at := l.root.At("audit")
	if path := l.file.Audit.Heads; path != "" {
		c.Audit.Heads = l.below(path)
		dir := filepath.Dir(c.Audit.Heads)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			l.add(at.At("heads").Problem("there is no folder "+dir, "relative paths start at the folder of "+filepath.Base(l.root.File())))
		} else if info, err := os.Stat(c.Audit.Heads); err == nil && !info.Mode().IsRegular() {
			l.add(at.At("heads").Problem(c.Audit.Heads+" is no file", "name a file; it is made when the first day is closed"))
		}
	}
	if who := l.file.Audit.Tell; who != "" && (!selectorForm.MatchString(who) || strings.Contains(who, ":")) {
		l.add(at.At("tell").Problem(fmt.Sprintf("%q is no person", who), "a person's id, such as wang.fang"))
	}
}
