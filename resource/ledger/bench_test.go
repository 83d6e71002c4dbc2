package ledger

import (
	"testing"
	"time"
)

func benchmarkReuse(b *testing.B, n int) {
	var a asked
	l, _ := crowd(b, a.config(), n)
	b.ReportAllocs()
	for b.Loop() {
		reuse(b, l, 0)
	}
}

func BenchmarkReuse(b *testing.B)     { benchmarkReuse(b, 1) }
func BenchmarkReuse100k(b *testing.B) { benchmarkReuse(b, many) }

// BenchmarkReusePlain has no policy.
func BenchmarkReusePlain(b *testing.B) {
	l, _ := crowd(b, Config{MaxActive: 1, MaxIdle: 1}, 1)
	b.ReportAllocs()
	for b.Loop() {
		reuse(b, l, 0)
	}
}

func BenchmarkHandOff(b *testing.B) {
	l := New(Config{MaxActive: 1, MaxIdle: 1, MaxWaiters: NoLimit})
	h := l.Opened(0, l.Acquire(0, nil).Handle).Handle
	var w Waiter
	b.ReportAllocs()
	for b.Loop() {
		h = handOff(b, l, 0, &w, h)
	}
}

// BenchmarkShut100k measures Shut alone: the timer is stopped while the slots are
// made and closed.
func BenchmarkShut100k(b *testing.B) {
	var a asked
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		l, _ := crowd(b, a.config(), many)
		b.StartTimer()
		l.Shut(1)
	}
}

// BenchmarkAcquireAllStale100k is one Acquire that finds all idle resources past
// their limit.
func BenchmarkAcquireAllStale100k(b *testing.B) {
	var a asked
	b.ReportAllocs()
	for range b.N {
		b.StopTimer()
		l, _ := crowd(b, a.config(), many)
		b.StartTimer()
		l.Acquire(Instant(2*time.Minute), nil)
	}
}
