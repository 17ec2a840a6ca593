package stories_test

import (
	"fmt"
	"regexp"
	"time"
)

// steadyDays replaces the days of the last two months: ${TODAY}, and ${TODAY -2}
// for the day two nights ago. Days that are written somewhere stay.
func steadyDays(text string) string {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	return regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`).ReplaceAllStringFunc(text, func(word string) string {
		day, err := time.Parse(time.DateOnly, word)
		ago := int(today.Sub(day) / (24 * time.Hour))
		switch {
		case err != nil || ago < 0 || ago > 60:
			return word
		case ago == 0:
			return "${TODAY}"
		default:
			return fmt.Sprintf("${TODAY -%d}", ago)
		}
	})
}
