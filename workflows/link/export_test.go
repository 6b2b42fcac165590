package link

// Digits is the code in a message.
func Digits(text string) string {
	_, code := parseText(text, []string{"鹊桥"})
	return code
}
