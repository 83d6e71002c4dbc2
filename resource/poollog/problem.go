package poollog

import (
	"bytes"
	"context"
	"log/slog"
	"time"

	"github.com/respool/respool/resource"
)

// kind is a kind of problem, with the messages of its records. Some kinds are no problems:
// they are things that an operator wants to read, and that may come often.
type kind struct {
	level slog.Level
	first string
	still string // with a count, each time that Every has passed and it has come up again
	over  string // "": its end is not logged
	// ends says that an event ends the problem. Otherwise it is over when it has not occurred
	// for the time Every.
	ends bool
}

var (
	opens       = kind{slog.LevelWarn, "pool: opens fail", "pool: opens still fail", "pool: opens succeed again", true}
	held        = kind{slog.LevelWarn, "pool: opens are held", "pool: opens are held again and again", "pool: opens are no longer held", true}
	tests       = kind{slog.LevelWarn, "pool: a resource failed its test", "pool: resources still fail their test", "pool: resources no longer fail their test", false}
	refusals    = kind{slog.LevelWarn, "pool: an acquire was refused", "pool: acquires are still refused", "pool: acquires are no longer refused", false}
	afterClose  = kind{slog.LevelWarn, "pool: an acquire came after the pool was closed", "pool: acquires still come after the pool was closed", "", false}
	closes      = kind{slog.LevelWarn, "pool: a close takes too long and was abandoned", "pool: closes still take too long", "pool: closes no longer take too long", false}
	leaks       = kind{slog.LevelWarn, "pool: a lease has been out for long", "pool: more leases of this stack have been out for long", "", false}
	leakReturns = kind{slog.LevelInfo, "pool: a lease that was out for long came back", "pool: more leases of this stack came back", "", false}
	losses      = kind{slog.LevelError, "pool: the program lost a lease", "pool: the program lost more leases of this stack", "", false}
	resets      = kind{slog.LevelInfo, "pool: reset", "pool: reset again and again", "", false}
	retires     = kind{slog.LevelInfo, "pool: retired resources", "pool: retired resources again and again", "", false}
	resizes     = kind{slog.LevelInfo, "pool: resized", "pool: resized again and again", "", false}
	shutdowns   = kind{slog.LevelInfo, "pool: closed", "pool: closed", "", false}
)

// key tells problems apart. Leases that leak in different places of the program are different
// problems.
type key struct {
	kind  *kind
	pool  string
	place string
}

func keyOf(k *kind, e resource.Event) key { return key{k, e.Pool, place(e.Stack)} }

// place is a stack's lines of code. The rest of a stack differs from one goroutine to the
// next.
func place(stack []byte) string {
	var lines []byte
	for line := range bytes.Lines(stack) {
		if file, _, _ := bytes.Cut(line, []byte(" +0x")); bytes.HasPrefix(file, []byte("\t")) {
			lines = append(append(lines, bytes.TrimSpace(file)...), '\n')
		}
	}
	return string(lines)
}

// problem is one that has come up, until it has not for the time Every. The observer's mutex guards
// it.
type problem struct {
	key
	since time.Time
	total uint64
	fresh uint64      // since the last record that said how often
	attrs []slog.Attr // of the last one
	timer *time.Timer
	rests bool // the timer is not set

	// A problem may end and begin again many times a second. So its end, too, is logged only once
	// in the time Every.
	ended    bool
	endKnown bool // its end is logged, and no later record says anything else
}

// happened reports that a problem has come up.
func (o *observer) happened(k *kind, e resource.Event, attrs ...slog.Attr) {
	if o.begins(k, e, attrs) {
		o.write(e.Context, k.level, k.first, e.Pool, attrs)
	}
}

// begins counts a problem, and reports whether it is new.
func (o *observer) begins(k *kind, e resource.Event, attrs []slog.Attr) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.problems[keyOf(k, e)]
	known := p != nil
	if !known {
		p = &problem{key: keyOf(k, e), since: e.Time, ended: true}
		o.problems[p.key] = p
		p.timer = time.AfterFunc(o.every, func() { o.tick(p) })
	} else {
		p.fresh++
		p.resume(o.every)
	}
	if p.ended && k == &opens {
		o.opensFail.Add(1)
	}
	p.total++
	p.attrs, p.ended = attrs, false
	return !known
}

// over reports that an event has ended a problem, if there was one.
func (o *observer) over(k *kind, e resource.Event) {
	if attrs := o.ends(k, e); attrs != nil {
		o.write(e.Context, slog.LevelInfo, k.over, e.Pool, attrs)
	}
}

// ends ends a problem. It returns attributes if that is to be logged.
func (o *observer) ends(k *kind, e resource.Event) []slog.Attr {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.problems[keyOf(k, e)]
	if p == nil || p.ended {
		return nil
	}
	p.ended = true
	if k == &opens {
		o.opensFail.Add(-1)
	}
	p.resume(o.every)
	if p.endKnown {
		return nil // this time is over at the next tick
	}
	p.endKnown, p.fresh = true, 0
	return p.count(e.Time)
}

// tick runs each time that Every has passed while there is a problem.
func (o *observer) tick(p *problem) {
	level, message, attrs := o.due(p, time.Now())
	if message != "" {
		o.write(context.Background(), level, message, p.pool, attrs)
	}
}

// due returns the record that is due at a tick, and "" if none is.
func (o *observer) due(p *problem, now time.Time) (level slog.Level, message string, attrs []slog.Attr) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.problems[p.key] != p {
		return 0, "", nil // forgotten
	}
	attrs = p.count(now)
	if p.fresh > 0 {
		level, message, attrs = p.kind.level, p.kind.still, append(attrs, p.attrs...)
		p.fresh, p.endKnown = 0, false
	} else if p.ended || !p.kind.ends {
		delete(o.problems, p.key)
		if p.endKnown {
			return level, "", nil
		}
		return slog.LevelInfo, p.kind.over, attrs
	}
	p.rests = message == "" // nobody has tried: an event will tell more
	if !p.rests {
		p.timer.Reset(o.every)
	}
	return level, message, attrs
}

// resume sets the timer of a problem that rests.
func (p *problem) resume(every time.Duration) {
	if p.rests {
		p.rests = false
		p.timer.Reset(every)
	}
}

// forget drops the problems of a pool that only an event can end. It is for a pool that was closed: it
// has no such event any more.
func (o *observer) forget(pool string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, p := range o.problems {
		if k.pool != pool || !k.kind.ends {
			continue
		}
		p.timer.Stop()
		delete(o.problems, k)
		if k.kind == &opens && !p.ended {
			o.opensFail.Add(-1)
		}
	}
}

// count is how often the problem has come up, and for how long.
func (p *problem) count(now time.Time) []slog.Attr {
	return []slog.Attr{slog.Uint64("count", p.total), slog.Duration("lasted", now.Sub(p.since).Round(time.Millisecond))}
}

func (o *observer) write(ctx context.Context, level slog.Level, message, pool string, attrs []slog.Attr) {
	if ctx == nil {
		ctx = context.Background()
	}
	o.log.LogAttrs(ctx, level, message, append([]slog.Attr{slog.String("pool", pool)}, attrs...)...)
}
