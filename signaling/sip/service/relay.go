package service

import (
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Relay reads a digit of application/dtmf-relay: "Signal=5", "Duration=160" (milliseconds, 1 to 10000; 100 ms if it is
// absent). false: there is none.
func Relay(body []byte) (digit rune, duration time.Duration, ok bool) {
	duration = 100 * time.Millisecond
	for line := range strings.Lines(string(body)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "signal":
			if len(value) == 2 && (value == "10" || value == "11") { // some write * and # as numbers
				value = map[string]string{"10": "*", "11": "#"}[value]
			}
			if len(value) != 1 || !strings.ContainsAny(strings.ToUpper(value), "0123456789*#ABCD") {
				return 0, 0, false
			}
			digit = unicode.ToUpper(rune(value[0]))
		case "duration":
			if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= 10000 {
				duration = time.Duration(n) * time.Millisecond
			}
		}
	}
	return digit, duration, digit != 0
}
