package cond

import (
	"errors"
	"math"
	"math/big"
	"strings"
)

// Decimal is an exact number in millionths: 1.5 is 1500000. Comparing and ordering are those of int64.
type Decimal int64

// Scale is how many Decimals make 1.
const Scale = 1_000_000

const (
	maxWhole    = 12 // digits before the point
	maxFraction = 6  // digits after it
)

// Errors of ParseDecimal.
var (
	ErrNotDecimal = errors.New("not a decimal number")
	ErrTooLarge   = errors.New("more than 12 digits before the point")
	ErrTooFine    = errors.New("more than 6 digits after the point")
)

// ParseDecimal reads an optional sign, digits and an optional point with digits, nothing else:
// no exponent, no separators, no spaces.
func ParseDecimal(s string) (Decimal, error) {
	neg := strings.HasPrefix(s, "-")
	digits := strings.TrimPrefix(s, "-")
	whole, frac, point := strings.Cut(digits, ".")
	if whole == "" || point && frac == "" || len(s) > 64 {
		return 0, ErrNotDecimal
	}
	for _, c := range []byte(whole + frac) {
		if c < '0' || c > '9' {
			return 0, ErrNotDecimal
		}
	}
	whole = strings.TrimLeft(whole, "0")
	frac = strings.TrimRight(frac, "0")
	if len(whole) > maxWhole {
		return 0, ErrTooLarge
	}
	if len(frac) > maxFraction {
		return 0, ErrTooFine
	}
	var n int64
	for _, c := range []byte(whole + frac + "000000"[:maxFraction-len(frac)]) {
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return Decimal(n), nil
}

// Fraction is how many digits after the point are needed to write d.
func (d Decimal) Fraction() int {
	n := maxFraction
	for v := int64(d); n > 0 && v%10 == 0; n-- {
		v /= 10
	}
	return n
}

// String writes d without trailing zeros: "5000", "0.1", "-3.25".
func (d Decimal) String() string { return d.Fixed(d.Fraction()) }

// Fixed writes d with n digits after the point, 0 to 6, cutting what is finer.
func (d Decimal) Fixed(n int) string {
	v, sign := uint64(d), ""
	if d < 0 {
		v, sign = -v, "-"
	}
	var b [24]byte
	i := len(b)
	for k := maxFraction; k > 0; k-- {
		if k <= n {
			i--
			b[i] = byte('0' + v%10)
		}
		v /= 10
	}
	if n > 0 {
		i--
		b[i] = '.'
	}
	for {
		i--
		b[i] = byte('0' + v%10)
		if v /= 10; v == 0 {
			break
		}
	}
	return sign + string(b[i:])
}

// The arithmetic of conditions stops at the ends of the range instead of wrapping round, so that a
// comparison with a sum stays true.

func add(a, b int) int {
	s := a + b
	switch {
	case a > 0 && b > 0 && s < 0:
		return math.MaxInt
	case a < 0 && b < 0 && s >= 0:
		return math.MinInt
	}
	return s
}

func sub(a, b int) int {
	if b == math.MinInt {
		return add(add(a, math.MaxInt), 1)
	}
	return add(a, -b)
}

// mul multiplies a number of millionths by a whole number.
func mul(a, n int) int {
	if a == 0 || n == 0 {
		return 0
	}
	p := a * n
	if p/n == a && !(a == math.MinInt && n == -1) && !(n == math.MinInt && a == -1) {
		return p
	}
	if (a < 0) == (n < 0) {
		return math.MaxInt
	}
	return math.MinInt
}

// The arithmetic of formulas never gives a number that is not the result: beyond the range it is ErrOverflow.
// What a product or quotient has beyond the sixth digit is rounded, half away from zero.

// Errors of formulas.
var (
	ErrOverflow = errors.New("the result has more than 12 digits before the point")
	ErrDivide   = errors.New("division by zero")
)

// maxDecimal is the largest number that ParseDecimal reads.
const maxDecimal = 999_999_999_999_999_999

func inRange(n *big.Int) (int, error) {
	if !n.IsInt64() || n.Int64() > maxDecimal || n.Int64() < -maxDecimal {
		return 0, ErrOverflow
	}
	return int(n.Int64()), nil
}

func sure(n int) (int, error) {
	if n > maxDecimal || n < -maxDecimal {
		return 0, ErrOverflow
	}
	return n, nil
}

func exactAdd(a, b int) (int, error) { return sure(add(a, b)) }
func exactSub(a, b int) (int, error) { return sure(sub(a, b)) }

func exactMul(a, b int) (int, error) {
	p := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(int64(b)))
	return inRange(rounded(p, big.NewInt(Scale)))
}

func exactDiv(a, b int) (int, error) {
	if b == 0 {
		return 0, ErrDivide
	}
	p := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(Scale))
	return inRange(rounded(p, big.NewInt(int64(b))))
}

// rounded is n/d, half away from zero.
func rounded(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	if r.Abs(r).Lsh(r, 1).CmpAbs(d) >= 0 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return q
}

// Round keeps n digits after the point, 0 to 6, half away from zero.
func (d Decimal) Round(n int) Decimal {
	unit := int64(1)
	for range maxFraction - n {
		unit *= 10
	}
	q := rounded(big.NewInt(int64(d)), big.NewInt(unit))
	return Decimal(q.Int64() * unit)
}
