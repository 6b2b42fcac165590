package approval

import "strings"

const (
	capitalDigits = "零壹贰叁肆伍陆柒捌玖"
	// maxCapitals is how many digits before the point are written: up to 9999 兆.
	maxCapitals = 16
)

// Capitals writes an amount of yuan as it stands on Chinese vouchers: 10005.05 is 壹万零伍元零伍分, 100 is 壹佰元整. The
// amount is decimal text as forms keep it ("-1234.5"); grouping commas are allowed, and zeros behind the second
// place after the point. ok is false for what is no such number, for parts of a fen and for 10^16 and more: an
// amount is never rounded here.
func Capitals(amount string) (text string, ok bool) {
	amount = strings.ReplaceAll(strings.TrimSpace(amount), ",", "")
	sign := ""
	if strings.HasPrefix(amount, "-") {
		sign, amount = "负", amount[1:]
	}
	whole, frac, _ := strings.Cut(amount, ".")
	frac = strings.TrimRight(frac, "0")
	if whole == "" || !allDigits(whole) || !allDigits(frac) || len(frac) > 2 {
		return "", false
	}
	whole = strings.TrimLeft(whole, "0")
	if len(whole) > maxCapitals {
		return "", false
	}
	for len(frac) < 2 {
		frac += "0"
	}
	jiao, fen := frac[0], frac[1]
	if whole == "" && jiao == '0' && fen == '0' {
		return "零元整", true
	}
	var b strings.Builder
	b.WriteString(sign)
	if whole != "" {
		b.WriteString(capitalWhole(whole))
		b.WriteString("元")
	}
	switch {
	case jiao == '0' && fen == '0':
		b.WriteString("整")
		return b.String(), true
	case jiao != '0':
		b.WriteString(capitalDigit(jiao))
		b.WriteString("角")
	case whole != "": // 零 stands for the places that are passed over, as between yuan
		b.WriteString("零")
	}
	if fen == '0' {
		b.WriteString("整")
	} else {
		b.WriteString(capitalDigit(fen))
		b.WriteString("分")
	}
	return b.String(), true
}

// capitalWhole writes the digits before the point, which don't begin with a zero: in groups of four, with one 零
// where zeros are passed over before another digit.
func capitalWhole(digits string) string {
	var b strings.Builder
	zero, any := false, false // zeros wait to be told; this group has digits
	for i := range len(digits) {
		place := len(digits) - 1 - i
		if c := digits[i]; c == '0' {
			zero = true
		} else {
			if zero {
				b.WriteString("零")
			}
			b.WriteString(capitalDigit(c))
			b.WriteString([...]string{"", "拾", "佰", "仟"}[place%4])
			zero, any = false, true
		}
		if place%4 == 0 {
			if any {
				b.WriteString([...]string{"", "万", "亿", "兆"}[place/4])
			}
			any = false
		}
	}
	return b.String()
}

func capitalDigit(c byte) string {
	const size = len("零")
	i := int(c-'0') * size
	return capitalDigits[i : i+size]
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
