package workflows

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Number is what people quote of an instance: the day, and a piece of its id that is hard to confuse.
func Number(instance string, day time.Time) string {
	return day.Format("20060102") + "-" + NumberEnd(instance)
}

// NumberEnd is the part of a Number that tells instances apart: eight digits and letters A to F.
func NumberEnd(instance string) string {
	sum := sha256.Sum256([]byte(instance))
	return strings.ToUpper(hex.EncodeToString(sum[:4]))
}
