package fit

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// request is a line of a log.
type request struct {
	at   time.Time
	took time.Duration
	ends bool // at is the end of the request, not its beginning
}

// errNoRequest is for a line that is no request, or one that was not served.
var errNoRequest = errors.New("it is no request that was served")

// requests is the requests of a file.
type requests struct {
	at     []int64 // when each began
	stamps []int64 // as the file has them
	took   []time.Duration
	others int // lines that are no requests
}

func (r *requests) add(one request) {
	at := one.at.UnixNano()
	r.stamps = append(r.stamps, at)
	if one.ends {
		at -= int64(one.took)
	}
	r.at, r.took = append(r.at, at), append(r.took, one.took)
}

// data returns what the requests say.
func (r *requests) data(d *Data, notes ...string) (*Data, error) {
	if len(r.at) == 0 {
		return nil, errors.New("there is no line that can be read")
	}
	d.Begin = time.Unix(0, slices.Min(r.at)).UTC()
	resolution := resolutionOf(r.stamps)
	d.Latency, d.Arrivals = SampleOf(r.took), arrivalsOf(r.at, resolution)
	d.Notes = append(d.Notes, notes...)
	if resolution == time.Second {
		d.Notes = append(d.Notes, "it has whole seconds, so bursts within a second are not seen")
	}
	if r.others > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d of %d lines are no requests that were served, and left out", r.others, r.others+len(r.at)))
	}
	return d, nil
}

// readRequests reads a log with a request in each line.
func readRequests(kind string, data []byte, o *Options, read func(line string) (request, error), notes ...string) (*Data, error) {
	d := &Data{Kind: kind}
	var all requests
	n := 0
	for text := range strings.Lines(string(data)) {
		n++
		line := strings.TrimSpace(text)
		if line == "" || line[0] == '#' {
			continue
		}
		switch one, err := read(line); {
		case errors.Is(err, errNoRequest):
			all.others++
		case err != nil && !o.Skip:
			return nil, lineError(n, "%v", err)
		case err != nil:
			d.Skipped = append(d.Skipped, n)
		default:
			all.add(one)
		}
	}
	return all.data(d, notes...)
}
