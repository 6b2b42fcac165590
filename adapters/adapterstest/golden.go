package adapterstest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"magpie/adapters"
)

// updating reports whether the goldens are to be written. The flag is the test's own, since two packages
// can't define one:
//
//	var _ = flag.Bool("update", false, "write the goldens")
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// Case is one folder of goldens.
type Case struct {
	Dir     string
	Request adapters.Request
	Config  []byte // config.yaml; nil when there is none
}

// Goldens runs make over every folder of dir that has a request.http, and compares the JSON of what it
// gives with want.json there. With -update, a flag that the
// test itself defines, it writes want.json instead. dir without a case fails.
func Goldens(t *testing.T, dir string, make func(t *testing.T, c Case) any) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "request.http"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no */request.http in %s (%v)", dir, err)
	}
	for _, file := range files {
		folder := filepath.Dir(file)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c := Case{Dir: folder}
			if c.Request, err = ParseRequest(raw); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if b, err := os.ReadFile(filepath.Join(folder, "config.yaml")); err == nil {
				c.Config = b
			}
			if err := CompareJSON(filepath.Join(folder, "want.json"), make(t, c)); err != nil {
				t.Error(err)
			}
		})
	}
}

// CompareJSON compares the indented JSON of got with a file, or writes the file under -update.
func CompareJSON(file string, got any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(got); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if updating() {
		return os.WriteFile(file, b.Bytes(), 0o644)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w (run with -update to write it)", err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		return fmt.Errorf("%s: -want +got\n%s", file, d)
	}
	return nil
}

// ParseRequest reads a recorded call: the request line, headers, an empty line, and the body to the end
// of the file, byte by byte. There needs to be no Content-Length, and line ends may be LF.
func ParseRequest(raw []byte) (adapters.Request, error) {
	br := bufio.NewReader(bytes.NewReader(raw))
	tp := textproto.NewReader(br)
	line, err := tp.ReadLine()
	if err != nil {
		return adapters.Request{}, fmt.Errorf("request line: %w", err)
	}
	method, rest, ok := strings.Cut(line, " ")
	target, _, _ := strings.Cut(rest, " ")
	u, err := url.ParseRequestURI(target)
	if !ok || err != nil {
		return adapters.Request{}, fmt.Errorf("request line %q is not METHOD /path", line)
	}
	head, err := tp.ReadMIMEHeader()
	if err != nil {
		return adapters.Request{}, fmt.Errorf("headers: %w", err)
	}
	var body bytes.Buffer
	if _, err := body.ReadFrom(br); err != nil {
		return adapters.Request{}, fmt.Errorf("body: %w", err)
	}
	return adapters.Request{Method: method, Header: map[string][]string(head), Query: u.Query(), Body: body.Bytes()}, nil
}
