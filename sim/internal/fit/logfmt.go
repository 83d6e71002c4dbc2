package fit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// logfmtPair is key=value, where a value with blanks is quoted, or a key alone.
var logfmtPair = regexp.MustCompile(`^([A-Za-z_@][\w.@/-]*)(=("(?:[^"\\]|\\.)*"|[^\s"]*))?(\s+|$)`)

// looksLikeLogfmt reports whether a line has pairs, and nothing else.
func looksLikeLogfmt(line string) bool {
	r, err := parseLogfmt(line)
	return err == nil && len(r) > 1 && strings.Contains(line, "=")
}

// parseLogfmt reads a line of pairs. Words without a value are left out.
func parseLogfmt(text string) (record, error) {
	r, pairs := record{}, 0
	for rest := strings.TrimSpace(text); rest != ""; {
		m := logfmtPair.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("not a line of key=value pairs: %s", shortened(text))
		}
		rest = rest[len(m[0]):]
		if m[2] == "" {
			continue
		}
		value := m[3]
		if strings.HasPrefix(value, `"`) {
			if plain, err := strconv.Unquote(value); err == nil {
				value = plain
			} else {
				value = strings.Trim(value, `"`)
			}
		}
		r[m[1]] = value
		pairs++
	}
	if pairs == 0 {
		return nil, fmt.Errorf("not a line of key=value pairs: %s", shortened(text))
	}
	return r, nil
}

// readLogfmt reads a log of key=value pairs.
func readLogfmt(data []byte, o *Options) (*Data, error) {
	return readRecords("logfmt", data, o, parseLogfmt)
}
