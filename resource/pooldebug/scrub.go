package pooldebug

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	hidden  = "…"
	mostRun = 600 // bytes of a text that are shown
)

var (
	// A user and a password in a URL: redis://user:password@host. The password may have
	// any character but a space or a quote, so everything up to the last @ goes.
	inURL = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s"'<>]*@`)
	// The same without a scheme: user:password@tcp(host).
	inDSN = regexp.MustCompile(`[^\s"'<>=,;(/@]+:(?:[^/\s"'<>][^\s"'<>]*)?@`)
	// A setting: password=…, "token": "…".
	inSetting = regexp.MustCompile(`(?i)((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|credentials?)["']?\s*[=:]\s*)("[^"]*"|'[^']*'|[^\s&;,]+)`)
	// The words of an authentication: AUTH user password, Bearer ….
	inWords = regexp.MustCompile(`(?i)\b(auth|bearer|basic|requirepass)(\s+)[^\s:,;]+(\s+[^\s:,;]+)?`)
)

// label is what the page shows of a name, and what its links have. A link without a text could
// not be followed.
func label(name string) string {
	if name = scrub(name); name == "" {
		return "(empty)"
	}
	return name
}

// labels counts the names that have a label, for names that differ only in what is hidden.
type labels map[string]int

// of returns a label that no other name of the list has.
func (l labels) of(name string) string {
	name = label(name)
	if l[name]++; l[name] > 1 {
		name += fmt.Sprintf(" (%d)", l[name])
	}
	return name
}

// scrub replaces what looks like a password, and makes one line of a text. It rather
// hides too much.
func scrub(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	text = inURL.ReplaceAllString(text, "${1}"+hidden+"@")
	text = inDSN.ReplaceAllString(text, hidden+"@")
	text = inSetting.ReplaceAllString(text, "${1}"+hidden)
	text = inWords.ReplaceAllString(text, "${1}${2}"+hidden)
	if len(text) > mostRun {
		cut := mostRun
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + hidden
	}
	return text
}
