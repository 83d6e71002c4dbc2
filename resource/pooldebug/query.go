package pooldebug

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// query is what a request asks for.
type query struct {
	format  string
	pool    string
	onePool bool
	key     string
	oneKey  bool
	state   string // empty: all
	from    int
	limit   int
	values  url.Values
}

const (
	defaultLimit = 100
	maxLimit     = 1000
)

type format struct {
	media string
	write func(io.Writer, *Report) error
}

var formats = map[string]format{
	"html": {"text/html", writeHTML},
	"json": {"application/json", writeJSON},
	"text": {"text/plain", writeText},
}

// states are the states of a resource, in the order in which they are shown: what an
// operator looks for comes first.
var states = []string{"leased", "testing", "opening", "closing", "idle"}

func parse(r *http.Request) (q query, err error) {
	q.values = r.URL.Query()
	q.pool, q.onePool = q.values.Get("pool"), q.values.Has("pool")
	q.key, q.oneKey = q.values.Get("key"), q.values.Has("key")
	q.state = q.values.Get("state")
	if q.state != "" && !slices.Contains(states, q.state) {
		return q, fmt.Errorf("state must be one of: %s", strings.Join(states, ", "))
	}
	if q.from, err = number(q.values, "from", 0, 1<<31-1); err != nil {
		return q, err
	}
	if q.limit, err = number(q.values, "limit", defaultLimit, maxLimit); err != nil {
		return q, err
	}
	q.format = q.values.Get("format")
	if q.format == "" {
		q.format = accepted(r.Header.Get("Accept"))
	}
	if _, ok := formats[q.format]; !ok {
		return q, fmt.Errorf("format must be one of: html, json, text")
	}
	return q, nil
}

func number(values url.Values, name string, byDefault, most int) (int, error) {
	if values.Get(name) == "" {
		return byDefault, nil
	}
	n, err := strconv.Atoi(values.Get(name))
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s must be a number from 0 to %d", name, most)
	}
	return n, nil
}

// accepted returns the format that a client likes best. It is text for a client that
// names none of them.
func accepted(header string) string {
	best, bestQuality := "text", 0.0
	for part := range strings.SplitSeq(header, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if text, ok := params["q"]; ok {
			quality, _ = strconv.ParseFloat(text, 64)
		}
		for _, name := range []string{"html", "json", "text"} {
			if formats[name].media == media && quality > bestQuality {
				best, bestQuality = name, quality
			}
		}
	}
	return best
}
