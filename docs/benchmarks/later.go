package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/docs/internal/report"
)

// addLater adds a run of a part of the cases to the results of the whole run, and shows it on the page. It takes the
// place of an earlier one of the same cases.
func (o *options) addLater(later *results) error {
	r, err := readResults(o.json)
	if err != nil {
		return err
	}
	r.Later = slices.DeleteFunc(r.Later, func(old *results) bool { return slices.Equal(old.names(), later.names()) })
	r.Later = append(r.Later, later)
	if err := report.Write(o.json, r); err != nil {
		return err
	}
	return writePage(o.page, r)
}

func (r *results) names() (all []string) {
	for _, o := range r.Cases {
		all = append(all, o.Work+"/"+o.Contender)
	}
	return all
}

// laterRuns are the later runs as the page has them.
func (r *results) laterRuns() string {
	var b strings.Builder
	for _, later := range r.Later {
		fmt.Fprintf(&b, "Measured later, on %s with %s on %d processors (%s), %s: %d rounds. Other processes had %.1f processors meanwhile, and no sample was dropped. So only the multiples, which are medians of those within a round, say something.\n",
			later.Date, later.Go, later.Cores, later.CPU, later.Conditions, len(later.Rounds), later.others())
		b.WriteString(report.Markdown(slices.DeleteFunc(later.tables(), func(t table) bool { return len(t.Rows) == 0 })))
	}
	return b.String()
}

// others is how many processors other processes had, on average over the samples.
func (r *results) others() float64 {
	sum, n := 0.0, 0
	for _, o := range r.Cases {
		for _, s := range o.Samples {
			if s != nil {
				sum, n = sum+s.Others, n+1
			}
		}
	}
	return sum / float64(max(n, 1))
}
