//go:build !unix

package store

import (
	"errors"
	"os"
)

// lockFile: there is no lock here that the system takes back by itself.
func lockFile(*os.File) (bool, error) {
	return false, errors.New("SQLite can't be served from on this system; use MySQL")
}
