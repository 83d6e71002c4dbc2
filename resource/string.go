package resource

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
)

// String describes the pool in one line, with its type and its [Stats].
func (p *Pool[T]) String() string {
	return fmt.Sprintf("resource.Pool[%v]{%v}", reflect.TypeFor[T](), p.Stats())
}

// Format prints String for every verb. The fields of the pool must not be read
// without its lock.
func (p *Pool[T]) Format(f fmt.State, verb rune) {
	if p == nil {
		io.WriteString(f, "<nil>")
		return
	}
	io.WriteString(f, p.String())
}

// String describes the Keyed in one line, with its types, the number of its keys and
// its [Stats].
func (k *Keyed[K, T]) String() string {
	return fmt.Sprintf("resource.Keyed[%v, %v]{keys %d; %v}", reflect.TypeFor[K](), reflect.TypeFor[T](), len(k.Keys()), k.Stats())
}

// Format prints String for every verb, as that of Pool does.
func (k *Keyed[K, T]) Format(f fmt.State, verb rune) {
	if k == nil {
		io.WriteString(f, "<nil>")
		return
	}
	io.WriteString(f, k.String())
}

// LogValue describes the Keyed by its Stats.
func (k *Keyed[K, T]) LogValue() slog.Value {
	if k == nil {
		return slog.StringValue("<nil>")
	}
	return k.Stats().LogValue()
}

// String says whether the lease is in force. It does not show the resource.
func (l Lease[T]) String() string {
	state := "over"
	if l.e != nil && l.e.word.Load() == l.word {
		state = "in force"
	}
	return fmt.Sprintf("resource.Lease[%v]{%s}", reflect.TypeFor[T](), state)
}

// Format prints String for every verb.
func (l Lease[T]) Format(f fmt.State, verb rune) { io.WriteString(f, l.String()) }

// LogValue describes the pool by its Stats.
func (p *Pool[T]) LogValue() slog.Value {
	if p == nil {
		return slog.StringValue("<nil>")
	}
	return p.Stats().LogValue()
}

// LogValue returns String as a value.
func (l Lease[T]) LogValue() slog.Value { return slog.StringValue(l.String()) }

// String returns one line with the present state and the totals. It leaves out
// totals that are zero, and the histograms.
func (st Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "active %d%s: opening %d, testing %d, idle %d%s, leased %d, closing %d; waiting %d",
		st.Active, of(st.MaxActive), st.Opening, st.Testing, st.Idle, of(st.MaxIdle), st.Leased, st.Closing, st.Waiting)
	sep := ";"
	for _, a := range st.totals() {
		if !a.Value.Equal(slog.Uint64Value(0)) && !a.Value.Equal(slog.IntValue(0)) && !a.Value.Equal(slog.DurationValue(0)) {
			fmt.Fprintf(&b, "%s %s %v", sep, strings.ReplaceAll(a.Key, "_", " "), a.Value)
			sep = ","
		}
	}
	return b.String()
}

// of is the part of String for a limit.
func of(limit int) string {
	switch limit {
	case 0:
		return ""
	case KeepNone:
		return " of 0"
	}
	return fmt.Sprintf(" of %d", limit)
}

// Format prints String for the verbs v and s; %#v prints all fields.
func (st Stats) Format(f fmt.State, verb rune) {
	type fields Stats // has no methods
	switch {
	case verb == 'v' && f.Flag('#'):
		io.WriteString(f, strings.Replace(fmt.Sprintf("%#v", fields(st)), "resource.fields", "resource.Stats", 1))
	case verb == 'v' && f.Flag('+'):
		fmt.Fprintf(f, "%+v", fields(st))
	default:
		io.WriteString(f, st.String())
	}
}

// LogValue returns a group of all fields, with names in snake_case. It leaves out the
// histograms, and Shared if no connection may be shared. Durations are of kind
// [slog.KindDuration].
func (st Stats) LogValue() slog.Value {
	return slog.GroupValue(append([]slog.Attr{
		slog.Int("max_active", st.MaxActive),
		slog.Int("max_idle", st.MaxIdle),
		slog.Int("active", st.Active),
		slog.Int("opening", st.Opening),
		slog.Int("testing", st.Testing),
		slog.Int("idle", st.Idle),
		slog.Int("leased", st.Leased),
		slog.Int("closing", st.Closing),
		slog.Int("waiting", st.Waiting),
	}, st.totals()...)...)
}

func (st Stats) totals() []slog.Attr {
	all := []slog.Attr{
		slog.Uint64("acquired", st.Acquired),
		slog.Uint64("exhausted", st.Exhausted),
		slog.Uint64("timed_out", st.TimedOut),
		slog.Uint64("shed", st.Shed),
		slog.Uint64("reserved", st.Reserved),
		slog.Uint64("rejected", st.Rejected),
		slog.Uint64("canceled", st.Canceled),
		slog.Uint64("failed", st.Failed),
		slog.Int64("wait_count", st.WaitCount),
		slog.Duration("wait_duration", st.WaitDuration),
		slog.Uint64("opened", st.Opened),
		slog.Uint64("open_failed", st.OpenFailed),
		slog.Uint64("closed_idle_too_long", st.Closed.IdleTooLong),
		slog.Uint64("closed_too_old", st.Closed.TooOld),
		slog.Uint64("closed_worn_out", st.Closed.WornOut),
		slog.Uint64("closed_surplus", st.Closed.Surplus),
		slog.Uint64("closed_failed_test", st.Closed.FailedTest),
		slog.Uint64("closed_reset", st.Closed.Reset),
		slog.Uint64("closed_retired", st.Closed.Retired),
		slog.Uint64("closed_discarded", st.Closed.Discarded),
		slog.Uint64("closed_pool_closed", st.Closed.PoolClosed),
		slog.Uint64("closed_displaced", st.Closed.Displaced),
		slog.Uint64("close_errors", st.CloseErrors),
		slog.Uint64("closes_abandoned", st.ClosesAbandoned),
		slog.Uint64("cleanup_errors", st.CleanupErrors),
		slog.Uint64("detached", st.Detached),
		slog.Uint64("resets", st.Resets),
		slog.Int("leaked", st.Leaked),
		slog.Uint64("lost", st.Lost),
		slog.Uint64("observer_panics", st.ObserverPanics),
		slog.Int("peak_active", st.PeakActive),
		slog.Int("peak_leased", st.PeakLeased),
		slog.Int("peak_idle", st.PeakIdle),
		slog.Int("peak_waiting", st.PeakWaiting),
	}
	if st.Shared.Limit > 0 {
		all = append(all, st.Shared.attrs()...)
	}
	return all
}

func (s SharedStats) attrs() []slog.Attr {
	return []slog.Attr{
		slog.Int("shared_limit", s.Limit),
		slog.Int("shared_connections", s.Connections),
		slog.Int("shared_calls_under_way", s.UnderWay),
		slog.Uint64("shared_calls", s.Calls),
		slog.Uint64("shared_flushes", s.Flushes),
		slog.Uint64("shared_calls_left", s.Left),
		slog.Uint64("shared_connections_broken", s.Broken),
		slog.Uint64("shared_calls_repeated", s.Repeated),
		slog.Uint64("shared_waits_polled", s.Polled),
	}
}
