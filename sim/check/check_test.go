package check

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/observe"
	"github.com/respool/respool/sim/internal/oracle"
)

func TestCheck(t *testing.T) {
	busy := sim.Scenario{
		Seed:     1,
		Requests: 2000,
		Pool:     sim.Pool{MaxActive: 3, MaxIdle: 2, Wait: true, WaitTimeout: sim.D(20 * time.Millisecond), MaxAge: sim.D(time.Second)},
		Workload: sim.Workload{Open: &sim.OpenLoop{Poisson: 2000}, Hold: sim.Dist{Exponential: sim.D(3 * time.Millisecond)}},
		World:    sim.World{OpenLatency: sim.Dist{Constant: sim.D(time.Millisecond)}, OpenFailure: 0.1, Restarts: []sim.Duration{sim.D(100 * time.Millisecond)}},
		Clients:  sim.Clients{Discard: 0.1, Panic: 0.1, Leak: 0.001},
	}
	if err := Check(&busy); err != nil {
		t.Error(err)
	}
	wrong := busy
	wrong.Requests = -1
	if err := Check(&wrong); err == nil || !strings.HasPrefix(err.Error(), "requests: ") {
		t.Errorf("of a scenario that is not valid: %v", err)
	}
	own := busy
	own.Pool.Lifetime = policy.LifetimeFunc(func(r policy.Info) policy.Expiry { return policy.Expiry{Until: r.Opened.Add(40e6)} })
	if err := Check(&own); err != nil {
		t.Errorf("with a policy of the user's own: %v", err)
	}
}

// TestCheckFindsPanic: a policy that panics in the ledger is a violation, found
// once more at the same place.
func TestCheckFindsPanic(t *testing.T) {
	n := 0
	sc := &sim.Scenario{
		Seed: 9, Requests: 100,
		Pool: sim.Pool{MaxActive: 1, Wait: true, Eviction: policy.EvictionFunc(func(policy.Info) policy.IdleLimit {
			if n++; n%30 == 0 {
				panic("no more")
			}
			return policy.IdleLimit{}
		})},
		Workload: sim.Workload{Closed: &sim.ClosedLoop{Clients: 2, Think: sim.Dist{Constant: sim.D(time.Millisecond)}}, Hold: sim.Dist{Constant: sim.D(time.Millisecond)}},
	}
	err := Check(sc)
	var v *Violation
	if !errors.As(err, &v) || v.Oracle != "ledger" || v.Detail != "panic: no more" || v.Seed != 9 || v.At == 0 || v.Story != "" {
		t.Errorf("got %#v", err)
	}
}

// TestShortest: of a long script that breaks a promise only what is needed is left. No
// pool makes this promise.
func TestShortest(t *testing.T) {
	for seed := uint64(3); ; seed++ {
		d := drawFrom(seed, walking)
		h := drawWalkOptions(d)
		h.clients, h.events = 6, 300
		p, v := walk(d, drawStoryPool(d), h)
		if v != nil {
			t.Fatal(v)
		}
		if text, moves := shortened(p); text != "" {
			if moves == 0 || moves > 8 {
				t.Errorf("%d moves are left of %d:\n%s", moves, len(p.moves), text)
			}
			return
		}
	}
}

// shortened looks for a waiter beside a close, and writes the shortest story of it. If
// there is no such waiter, it writes none.
func shortened(p *player) (text string, moves int) {
	x := &shrinker{oracle: "owner", script: &script{p.pool, p.moves}}
	x.judge = func(s *script) (*player, *oracle.Objection) {
		p := newPlayer(s.pool)
		for _, m := range s.moves {
			p.play(m)
			if st := p.stage.Ledger.Stats(); st.Waiting > 0 && st.Closing > 0 {
				return p, &oracle.Objection{At: p.court.Now(), Oracle: "owner", Detail: "somebody waits while something is closed"}
			}
		}
		return p, nil
	}
	if _, o := x.judge(x.script); o == nil {
		return "", 0
	}
	text = x.shortest()
	return text, len(x.script.moves)
}

// TestShortestSettings: a pool whose settings do not matter loses all of them.
func TestShortestSettings(t *testing.T) {
	p := story.Unlimited()
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i).Addr().Interface().(type) {
		case *int:
			*f = 3
		case *bool:
			*f = true
		case *story.Switch:
			*f = true
		case *uint64:
			*f = 3
		case *time.Duration:
			*f = 3 * time.Second
		case *[]story.Test:
			*f = []story.Test{{}}
		default:
			t.Fatalf("%s is a %T", v.Type().Field(i).Name, f)
		}
	}
	p.Reserve = 2 // it is less than MaxActive
	x := &shrinker{oracle: "owner", script: &script{pool: p}}
	x.judge = func(s *script) (*player, *oracle.Objection) {
		return newPlayer(s.pool), &oracle.Objection{Oracle: "owner"}
	}
	x.shortest()
	if got, want := x.script.pool.String(), "pool max-active=1"; got != want {
		t.Errorf("left is %q, want %q", got, want)
	}
}

// In a large pool the ledger does not check itself after each event. Such a fault is
// still found, and is reported at the first event after which the state was wrong.
func TestLargePoolIsCheckedNowAndThen(t *testing.T) {
	sc := largePool(128)
	looks := 0
	var began sim.Instant
	broken := func(l *ledger.Ledger) error {
		looks++
		if l.Levels().Leased > 100 {
			return errors.New("more than 100 are leased")
		}
		return nil
	}
	var run observe.Run
	_, err := sim.Observe(sc, observe.Observer{Begin: func(r observe.Run) error {
		run = r
		return nil
	}, Event: func(ev observe.Event) error {
		if run.Ledger().Levels().Leased > 100 && began == 0 {
			began = ev.At
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	x := &checker{court: oracle.NewCourt(poolOf(sc)), inspect: broken}
	_, err = x.check(sc, true, nil, new(Reached))
	var late *Violation
	if !errors.As(err, &late) || x.passed == 0 || looks >= int(x.run.Events()) {
		t.Fatalf("%v after %d looks at %d events", err, looks, x.run.Events())
	}
	_, err = x.exactly(sc, true)
	var exact *Violation
	if !errors.As(err, &exact) || exact.At > late.At || exact.At != began {
		t.Errorf("the first violation is at %v, then at %v; the 101st lease began at %v", late.At, exact, began)
	}
}

// An event of a sound large pool is checked, too, and the end of its run.
func TestLargePoolIsSound(t *testing.T) {
	if err := Check(largePool(128)); err != nil {
		t.Error(err)
	}
}

func largePool(n int) *sim.Scenario {
	return &sim.Scenario{
		Requests: 3000, Pool: sim.Pool{MaxActive: n, Wait: true},
		Workload: sim.Workload{
			Open: &sim.OpenLoop{Poisson: 300 * float64(n)},
			Hold: sim.Dist{Exponential: sim.Duration(3 * time.Millisecond)},
		},
		World: sim.World{OpenLatency: sim.Dist{Constant: sim.Duration(time.Millisecond)}},
	}
}

func poolOf(sc *sim.Scenario) story.Pool {
	pool, _ := storyPool(sc)
	return pool
}
