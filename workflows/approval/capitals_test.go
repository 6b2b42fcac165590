package approval

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestCapitals(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "零元整", "0.00": "零元整", "-0": "零元整", "000": "零元整",
		"0.01": "壹分", "0.05": "伍分", "0.10": "壹角整", "0.1": "壹角整", "0.55": "伍角伍分",
		"1": "壹元整", "1.00": "壹元整", "1.01": "壹元零壹分", "1.10": "壹元壹角整", "1.23": "壹元贰角叁分",
		"10": "壹拾元整", "11": "壹拾壹元整", "20.20": "贰拾元贰角整", "100": "壹佰元整", "101": "壹佰零壹元整", "110": "壹佰壹拾元整",
		"1000": "壹仟元整", "1001": "壹仟零壹元整", "1010": "壹仟零壹拾元整", "1100": "壹仟壹佰元整", "6007.14": "陆仟零柒元壹角肆分",
		"10000": "壹万元整", "10001": "壹万零壹元整", "10005.05": "壹万零伍元零伍分", "10100": "壹万零壹佰元整", "11000": "壹万壹仟元整",
		"100000": "壹拾万元整", "100500": "壹拾万零伍佰元整", "107000.53": "壹拾万零柒仟元伍角叁分", "1000000": "壹佰万元整",
		"10000000": "壹仟万元整", "10000001": "壹仟万零壹元整", "16409.02": "壹万陆仟肆佰零玖元零贰分", "1680.32": "壹仟陆佰捌拾元叁角贰分",
		"100000000": "壹亿元整", "100000001": "壹亿零壹元整", "100010000": "壹亿零壹万元整", "100100000": "壹亿零壹拾万元整", "110000000": "壹亿壹仟万元整",
		"101000000": "壹亿零壹佰万元整", "1000000000": "壹拾亿元整", "100000000000": "壹仟亿元整", "1000000000000": "壹兆元整",
		"1000000010000": "壹兆零壹万元整", "1000100000000": "壹兆零壹亿元整", "9999999999999999.99": "玖仟玖佰玖拾玖兆玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
		"-1234.5": "负壹仟贰佰叁拾肆元伍角整", "-0.01": "负壹分", "12,345.60": "壹万贰仟叁佰肆拾伍元陆角整", " 7 ": "柒元整", "1.230": "壹元贰角叁分", "007": "柒元整", "1.": "壹元整",
		"2050030": "贰佰零伍万零叁拾元整", "300000300": "叁亿零叁佰元整", "40050060.07": "肆仟零伍万零陆拾元零柒分",
	} {
		if got, ok := Capitals(in); !ok || got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "-", ".5", "1.234", "1e3", "abc", "1.2.3", "--1", "10000000000000000", "１", "+1", "NaN", "0x1"} {
		if got, ok := Capitals(in); ok {
			t.Errorf("%q was taken as %s", in, got)
		}
	}
}

// What is written reads back as the same amount.
func TestCapitalsReadBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		fen := r.Int64N(1_000_000_000_000_000_000) % pow10(1+r.IntN(18))
		if r.IntN(3) == 0 { // many zeros
			n := r.IntN(12)
			fen = fen / pow10(n) * pow10(r.IntN(n+1))
		}
		in := fmt.Sprintf("%d.%02d", fen/100, fen%100)
		text, ok := Capitals(in)
		if !ok || strings.Contains(text, "零零") {
			t.Fatalf("%s: %q, %v", in, text, ok)
		}
		if got := readCapitals(text); got != fen {
			t.Fatalf("%s is written %s, which is %d fen", in, text, got)
		}
	}
}

func pow10(n int) int64 {
	p := int64(1)
	for range n {
		p *= 10
	}
	return p
}

// readCapitals reads an amount in fen, by another way than it is written.
func readCapitals(text string) int64 {
	digits := map[rune]int64{}
	for i, c := range []rune(capitalDigits) {
		digits[c] = int64(i)
	}
	var total, group, digit int64
	for _, c := range text {
		switch c {
		case '拾', '佰', '仟':
			group += digit * map[rune]int64{'拾': 10, '佰': 100, '仟': 1000}[c]
			digit = 0
		case '万', '亿', '兆':
			total += (group + digit) * map[rune]int64{'万': 1e4, '亿': 1e8, '兆': 1e12}[c]
			group, digit = 0, 0
		case '元':
			total = (total + group + digit) * 100
			group, digit = 0, 0
		case '角':
			total, digit = total+digit*10, 0
		case '分':
			total, digit = total+digit, 0
		case '整':
		default:
			digit = digits[c]
		}
	}
	return total
}

func FuzzCapitals(f *testing.F) {
	for _, s := range []string{"1", "10005.05", "-0.10", "1,2,3", "９", "\xff", strings.Repeat("0", 100) + "1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if text, ok := Capitals(s); ok && !strings.HasSuffix(text, "整") && !strings.HasSuffix(text, "分") {
			t.Fatalf("%q: %q", s, text)
		}
	})
}
