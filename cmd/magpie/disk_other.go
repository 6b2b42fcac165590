//go:build !unix

package main

import "errors"

// freeBytes can't be told here.
func freeBytes(string) (int64, error) { return 0, errors.New("not known on this system") }
