package main

import (
	"regexp"
	"strings"
	"time"
)

// figures is what a sample found out. Times are seconds after the event.
type figures struct {
	Calls        int            `json:"calls"`
	Acknowledged int            `json:"acknowledged"` // SETs
	Lost         int            `json:"lost"`         // acknowledged, and not on a master at the end
	Errors       int            `json:"errors"`
	Kinds        map[string]int `json:"kinds,omitempty"` // of errors
	Wrong        []string       `json:"wrong,omitempty"` // replies that answer something else
	LastError    float64        `json:"last_error_s"`
	Gap          float64        `json:"gap_s"`       // the longest without an acknowledged SET
	SlotsGap     float64        `json:"slots_gap_s"` // the same, in the slots of the server to which something happens
	Back         float64        `json:"back_s"`      // when that gap ended; in down, when all workers were served
	Idle         int            `json:"idle"`        // connections at the servers before the event, where it matters
	Promoted     float64        `json:"promoted_s"`  // when a replica became a master; zero if none did
	Dials        int            `json:"dials"`       // to data servers, from the event on
	Asked        int            `json:"asked"`       // dials to sentinels, from the event on
	Slowest      float64        `json:"slowest_s"`
	Ended        bool           `json:"ended_well"` // SETs were acknowledged until the end
	State        state          `json:"state"`
}

// state is the servers' state after the load, and after the client was closed.
type state struct {
	Sockets    int `json:"sockets"` // at the servers
	Open       int `json:"open"`    // as the client counts
	Leased     int `json:"leased"`
	Waiting    int `json:"waiting"`
	LeftOpen   int `json:"sockets_after_close"`
	Goroutines int `json:"goroutines_after_close"`
}

// figuresOf sums up the calls of a load that lasted until end. The calls are in the order
// of their ends. concerns reports whether a key is in the slots of the server to which
// something happens; nil means that all keys are.
func figuresOf(calls []call, event, end time.Time, concerns func(key string) bool) figures {
	f := figures{Calls: len(calls), Kinds: map[string]int{}}
	for _, c := range calls {
		f.Slowest = max(f.Slowest, c.ended.Sub(c.began).Seconds())
		if c.wrong != "" {
			f.Wrong = append(f.Wrong, c.wrong)
		}
		switch {
		case c.err != nil:
			f.Errors++
			f.Kinds[kindOf(c.err)]++
			f.LastError = max(0, c.ended.Sub(event).Seconds())
		case !c.read:
			f.Acknowledged++
		}
	}
	all := longestGap(calls, event, end, nil)
	f.Gap, f.Back = all.seconds(), all.to.Sub(event).Seconds()
	f.SlotsGap = longestGap(calls, event, end, concerns).seconds()
	f.Ended = longestGap(calls, end.Add(-time.Second), end, concerns).seconds() < 1
	return f
}

// gap is a time without an acknowledged SET.
type gap struct{ from, to time.Time }

func (g gap) seconds() float64 { return g.to.Sub(g.from).Seconds() }

// longestGap looks at what concerns returns true for, from one instant to another.
func longestGap(calls []call, from, to time.Time, concerns func(key string) bool) (longest gap) {
	now := gap{from, from}
	note := func(at time.Time) {
		now.to = at
		if now.seconds() > longest.seconds() {
			longest = now
		}
		now.from = at
	}
	longest = now
	for _, c := range calls {
		if c.err == nil && !c.read && c.ended.After(from) && c.ended.Before(to) && (concerns == nil || concerns(c.key)) {
			note(c.ended)
		}
	}
	note(to)
	return longest
}

// allServed is when the last worker had its first acknowledged SET after the event, or the
// end if a worker had none.
func allServed(calls []call, event, end time.Time, workers int) time.Time {
	served := map[int]bool{}
	for _, c := range calls {
		if c.err == nil && !c.read && c.ended.After(event) {
			served[c.worker] = true
			if len(served) == workers {
				return c.ended
			}
		}
	}
	return end
}

var (
	address = regexp.MustCompile(`[0-9.]+:[0-9]+`)
	digits  = regexp.MustCompile(`[0-9]+`)
)

// kindOf is an error's text without what differs from call to call.
func kindOf(err error) string {
	text := digits.ReplaceAllString(address.ReplaceAllString(err.Error(), "ADDR"), "N")
	text = strings.NewReplacer("\n", " ", "|", "/", "`", "'").Replace(text)
	return text[:min(len(text), 100)]
}
