package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFiles caps how many files a folder may hold.
const maxFiles = 5000

// yamlFiles lists the .yaml and .yml files below a folder, in the order of their names. Hidden ones
// (and so the ..data of a mounted volume) are passed over; links are followed to files.
func yamlFiles(dir string) ([]string, error) {
	var files []string
	root := filepath.Clean(dir) + string(filepath.Separator) // so that a link to a folder is followed
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != root && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			return nil
		}
		if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
			if files = append(files, path); len(files) > maxFiles {
				return fmt.Errorf("more than %d files", maxFiles)
			}
		}
		return nil
	})
	return files, err
}

// revision hashes everything that a Config stands for: the file itself, workflows, templates, holidays.
// The values of variables and secrets are no part of it.
func revision(c *Config, src []byte) (string, error) {
	h := sha256.New()
	add := func(name string, b []byte) { fmt.Fprintf(h, "%d:%s%d:", len(name), name, len(b)); h.Write(b) }
	add("", src)
	for _, dir := range []string{c.Workflows, c.Templates} {
		if dir == "" {
			continue
		}
		files, err := yamlFiles(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return "", err
			}
			name, err := filepath.Rel(dir, f)
			if err != nil {
				return "", err
			}
			add(filepath.ToSlash(name), b)
		}
		add("/", nil)
	}
	for _, f := range c.Calendar.Holidays {
		b, err := os.ReadFile(f)
		if err != nil {
			return "", err
		}
		add(filepath.Base(f), b)
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
