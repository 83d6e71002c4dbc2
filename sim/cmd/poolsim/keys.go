package main

import (
	"fmt"
	"io"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/figures"
)

// describeKeys describes the keys, or returns "" if there is one pool.
func describeKeys(k *sim.Keys) string {
	if k.Count == 0 {
		return ""
	}
	text := plural(k.Count, "key") + ", each with such a pool"
	if k.Skew > 0 {
		text += ", with a skew of " + figures.Number(k.Skew)
	}
	if k.MaxActive > 0 {
		text += fmt.Sprintf("; max-active %d over all", k.MaxActive)
	}
	switch {
	case k.MaxIdle > 0:
		text += fmt.Sprintf("; max-idle %d over all", k.MaxIdle)
	case k.MaxIdle < 0:
		text += "; none is kept idle"
	}
	return text
}

// plural is times for a word that ends in a vowel and y.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// writeKeys writes what the keys have together, and which had the longest wait.
func writeKeys(w io.Writer, r *sim.Report, width int) {
	k := r.Keys
	if k == nil {
		return
	}
	io.WriteString(w, "\n")
	writeHead(w, width, "keys", fmt.Sprintf("%d of %d had requests; at most %s; %s idle ones closed for another key, and %s opened again",
		k.Keys, len(k.Each), times(k.PeakActive, "connection"), figures.Count(k.Displaced), figures.Count(k.Reopens)))
	if k.LongestWait == 0 {
		return
	}
	x := &k.Each[k.WorstKey]
	writeHead(w, width, "worst", fmt.Sprintf("key %d, with %s of the requests: longest wait %s, %s times the mean of all keys; its own mean %s",
		x.Key, figures.Percent(x.Share), figures.Seconds(x.WaitMax), figures.Number(x.LongestToMean), figures.Seconds(x.WaitMean)))
}
