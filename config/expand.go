package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// maxSecretBytes caps a file that a secret refers to.
const maxSecretBytes = 64 << 10

// mistake is a problem that has no place yet.
type mistake struct{ what, want string }

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// expand replaces ${VAR} and ${VAR:-default} in a scalar; $${ stands for ${. What comes out is text:
// it is never read as YAML, and not expanded again. The default also serves for an empty variable.
func (d *document) expand(s string) (string, []mistake) {
	if d.lookup == nil || !strings.Contains(s, "${") {
		return s, nil
	}
	var out strings.Builder
	var mistakes []mistake
	for {
		before, after, found := strings.Cut(s, "${")
		if !found {
			out.WriteString(s)
			return out.String(), mistakes
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			s = after
			continue
		}
		out.WriteString(before)
		inner, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "", append(mistakes, mistake{"a ${ is not closed", "write ${NAME} or ${NAME:-default}; for the characters themselves $${"})
		}
		s = rest
		name, fallback, hasFallback := strings.Cut(inner, ":-")
		if !variable.MatchString(name) {
			mistakes = append(mistakes, mistake{fmt.Sprintf("${%s} names no variable", name), "write ${NAME} or ${NAME:-default}"})
			continue
		}
		value, set := d.lookup(name)
		switch {
		case hasFallback && value == "":
			value = fallback
		case !set:
			mistakes = append(mistakes, mistake{fmt.Sprintf("environment variable %s is not set", name), fmt.Sprintf("set it, or write ${%s:-default}", name)})
		}
		out.WriteString(value)
	}
}

// secretFile follows "file:PATH", relative to the file that says so. Only secrets are read this way.
// The content loses its last line end.
func (d *decoder) secretFile(n *Node, s string, f field) (string, bool) {
	path, isFile := strings.CutPrefix(s, "file:")
	if !isFile {
		return s, true
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(n.doc.file), path)
	}
	content, mode, err := readSecret(path)
	switch {
	case err != nil:
		d.fail(n, "the secret's file can't be used: "+err.Error(), "file:PATH is relative to "+filepath.Base(n.doc.file))
		return "", false
	case f.required && content == "":
		d.fail(n, "the secret's file "+path+" is empty", "write the secret into it")
		return "", false
	case mode.Perm()&0o004 != 0 && runtime.GOOS != "windows":
		d.problems = append(d.problems, n.Warn("the secret's file "+path+" can be read by everybody on this machine", "chmod 600"))
	}
	return content, true
}

// readSecret reads a small regular file.
func readSecret(path string) (string, os.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, fmt.Errorf("%s is no regular file", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return "", 0, err
	}
	if len(b) > maxSecretBytes {
		return "", 0, fmt.Errorf("%s is larger than 64 KiB", path)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), info.Mode(), nil
}
