package pooldebug

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/respool/respool/resource"
)

// writeText writes a report as plain text.
func writeText(w io.Writer, r *Report) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if len(r.Pools) == 0 {
		fmt.Fprintln(out, "there is no pool")
	}
	for i, e := range r.Pools {
		if i > 0 {
			fmt.Fprintln(out)
		}
		e.text(out, r)
	}
	return out.Flush()
}

func (e Entry) text(w io.Writer, r *Report) {
	title := e.Name
	if d := e.Details; d != nil && d.Key != "" {
		title += ", key " + d.Key
	}
	fmt.Fprintf(w, "%s: %s\n", title, summary(e.Stats))
	for _, f := range e.Findings {
		fmt.Fprintf(w, "  ! %s\n", f)
	}
	if f := e.LastOpenFailure; f != nil && f.Over {
		fmt.Fprintf(w, "  the last open that failed: %s ago: %s\n", span(r.Time.Sub(f.Time)), f.Text)
	}
	if e.Details == nil {
		return
	}
	fmt.Fprintln(w)
	for _, t := range totals(e.Stats) {
		fmt.Fprintf(w, "  %s\t%s\n", t.Title, t.nonZero())
	}
	if all := histograms(e.Stats); len(all) > 0 {
		fmt.Fprintf(w, "\n  how long it takes\n")
		for _, h := range all {
			fmt.Fprintf(w, "    %s\t%s\n", strings.ToLower(h.name), figures(h.of))
		}
	}
	e.Details.text(w, r, e.Stats.Waiting)
}

func (d *Details) text(w io.Writer, r *Report, waiting int) {
	if len(d.Waiters) > 0 {
		fmt.Fprintf(w, "\n  waiters, first to last%s\n   ", ofAll(len(d.Waiters), waiting))
		for _, waiter := range d.Waiters {
			fmt.Fprintf(w, " %s", span(waiter.Age))
			if waiter.Urgent {
				fmt.Fprint(w, " (urgent)")
			}
		}
		fmt.Fprintln(w)
	}
	if len(d.Keys) > 0 {
		fmt.Fprintf(w, "\n  keys %s\n", shownPart(d, len(d.Keys)))
		for _, k := range d.Keys {
			fmt.Fprintf(w, "    %s\t%s\n", k.Key, summary(k.Stats))
		}
	}
	if d.Total == 0 || len(d.Keys) > 0 {
		return
	}
	fmt.Fprintf(w, "\n  resources %s\n    number\tstate\tfor\tage\tuses", shownPart(d, len(d.Resources)))
	holders := d.hasHolders()
	if holders {
		fmt.Fprint(w, "\tacquired by")
	}
	fmt.Fprintln(w)
	for _, res := range d.Resources {
		fmt.Fprintf(w, "    %d\t%s\t%s\t%s\t%d", res.Number, res.State, since(res, r.Time), age(res), res.Uses)
		if holders {
			fmt.Fprintf(w, "\t%s", holder(res))
		}
		fmt.Fprintln(w)
	}
}

// ofAll says how many of all waiters are shown, if some are not.
func ofAll(shown, all int) string {
	if shown >= all {
		return ""
	}
	return fmt.Sprintf("; %d of %d are shown", shown, all)
}

func shownPart(d *Details, n int) string {
	if n == 0 && d.Total > 0 {
		return fmt.Sprintf("(none of %d here)", d.Total)
	}
	if n == d.Total {
		return fmt.Sprintf("(%d)", n)
	}
	return fmt.Sprintf("(%d to %d of %d)", d.From+1, d.From+n, d.Total)
}

// unknown stands for what the pool does not know.
const unknown = "-"

// since is how long a resource has been in its state.
func since(r resource.ResourceInfo, now time.Time) string {
	if r.Since.IsZero() {
		return unknown
	}
	return span(max(0, now.Sub(r.Since)))
}

func age(r resource.ResourceInfo) string {
	if r.State == "opening" {
		return unknown
	}
	return span(r.Age)
}

// summary is a pool's state in one line.
func summary(st resource.Stats) string {
	return fmt.Sprintf("%d %s: %d leased, %d testing, %d opening, %d closing, %d idle; %d waiting",
		st.Active, limitOf(st), st.Leased, st.Testing, st.Opening, st.Closing, st.Idle, st.Waiting)
}

func limitOf(st resource.Stats) string {
	if st.MaxActive > 0 {
		return fmt.Sprintf("of %d exist", st.MaxActive)
	}
	return "exist"
}

// table is a titled list of figures.
type table struct {
	Title string
	Rows  []figure
}

// nonZero lists the figures that are not zero.
func (t table) nonZero() string {
	var all []string
	for _, f := range t.Rows {
		if f.Value != "0" && f.Value != unknown {
			all = append(all, f.Name+" "+f.Value)
		}
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

type figure struct{ Name, Value string }

// totals are the figures since the pool was made, in the words of resource.Stats.
func totals(st resource.Stats) []table {
	n := func(name string, v uint64) figure { return figure{name, fmt.Sprint(v)} }
	mean := unknown
	if st.WaitCount > 0 {
		mean = span(st.WaitDuration / time.Duration(st.WaitCount))
	}
	c := st.Closed
	all := []table{
		{"calls", []figure{
			n("acquired", st.Acquired), n("exhausted", st.Exhausted), n("timed out", st.TimedOut), n("shed", st.Shed), n("reserved", st.Reserved), n("canceled", st.Canceled),
			n("failed", st.Failed), n("rejected", st.Rejected), {"waits", fmt.Sprint(st.WaitCount)}, {"mean wait", mean},
		}},
		{"resources", []figure{
			n("opened", st.Opened), n("open failed", st.OpenFailed), n("closed", c.Total()), n("detached", st.Detached), n("resets", st.Resets),
			n("close errors", st.CloseErrors), n("closes abandoned", st.ClosesAbandoned), n("cleanup errors", st.CleanupErrors), n("leaked now", uint64(max(st.Leaked, 0))), n("lost", st.Lost),
		}},
		{"closed because", []figure{
			n("idle too long", c.IdleTooLong), n("too old", c.TooOld), n("worn out", c.WornOut), n("surplus", c.Surplus),
			n("failed test", c.FailedTest), n("discarded", c.Discarded), n("reset", c.Reset), n("retired", c.Retired),
			n("displaced", c.Displaced), n("pool closed", c.PoolClosed),
		}},
		{"most at a time", []figure{
			{"existing", fmt.Sprint(st.PeakActive)}, {"leased", fmt.Sprint(st.PeakLeased)},
			{"idle", fmt.Sprint(st.PeakIdle)}, {"waiting", fmt.Sprint(st.PeakWaiting)},
		}},
	}
	if s := st.Shared; s.Limit > 0 {
		all = append(all, table{"shared connections", []figure{
			n("limit", uint64(s.Limit)), n("now", uint64(s.Connections)), n("calls under way", uint64(s.UnderWay)), n("calls", s.Calls),
			n("flushes", s.Flushes), n("calls left", s.Left), n("broken", s.Broken), n("calls repeated", s.Repeated), n("waits polled", s.Polled),
		}})
	}
	return all
}
