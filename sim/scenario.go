package sim

import (
	"github.com/respool/respool/policy"
)

// Scenario is all that a run depends on. It is plain data: the same scenario
// gives the same run, to the last byte of its report, on any machine.
//
// In JSON the fields have the names in their json tags. Durations are text with a
// unit ("3ms"). A field that is left out has its zero value. [Parse] refuses a name
// that it does not know, and says where it stands.
type Scenario struct {
	// Name is for the reader.
	Name string `json:"name,omitempty"`
	// Seed is where all chance comes from.
	Seed uint64 `json:"seed"`
	// Requests ends the arrivals after so many. Zero: Duration ends them.
	Requests int64 `json:"requests,omitempty"`
	// Duration ends the arrivals after so long; without Requests, the run goes on
	// until then even if nothing arrives any more. Zero: Requests ends them. What
	// has arrived is served to its end in either case.
	Duration Duration `json:"duration,omitempty"`
	// WarmUp is how long the run goes before anything is counted.
	WarmUp Duration `json:"warm_up,omitempty"`

	Pool     Pool     `json:"pool"`
	Workload Workload `json:"workload"`
	World    World    `json:"world,omitzero"`
	Clients  Clients  `json:"clients,omitzero"`
}

// Pool is the pool's configuration. Names and zero values are those of
// resource.Config, but for Wait.
type Pool struct {
	MaxActive int `json:"max_active,omitempty"` // zero: no limit
	// MaxIdle is how many idle resources are kept. Zero: as many as there are. -1:
	// none.
	MaxIdle     int      `json:"max_idle,omitempty"`
	MinIdle     int      `json:"min_idle,omitempty"`
	Wait        bool     `json:"wait,omitempty"` // at the limit wait, do not fail
	WaitTimeout Duration `json:"wait_timeout,omitempty"`
	MaxWaiters  int      `json:"max_waiters,omitempty"`
	Order       string   `json:"order,omitempty"` // "lifo" (default) or "fifo"

	MaxAge       Duration `json:"max_age,omitempty"`
	MaxAgeJitter Duration `json:"max_age_jitter,omitempty"`
	MaxUses      int      `json:"max_uses,omitempty"`
	IdleTimeout  Duration `json:"idle_timeout,omitempty"`
	// SoftIdleMin makes IdleTimeout a soft limit, above so many idle.
	SoftIdleMin int `json:"soft_idle_min,omitempty"`

	// Test is the borrow test. Nil: none.
	Test *Test `json:"test,omitempty"`

	// Policies of the user's own take the place of those above. They are not part
	// of the JSON form, and must give the same answers in every run.
	Lifetime policy.Lifetime `json:"-"`
	Eviction policy.Eviction `json:"-"`
	Gate     policy.Gate     `json:"-"`
}

// Test says when a borrowed resource is tested. With neither field set it is at
// every borrow.
type Test struct {
	IfIdleFor   Duration `json:"if_idle_for,omitempty"`
	AtMostEvery Duration `json:"at_most_every,omitempty"`
}

// Workload is who asks for resources, and for how long. Exactly one of Open and
// Closed is set.
type Workload struct {
	Open   *OpenLoop   `json:"open,omitempty"`
	Closed *ClosedLoop `json:"closed,omitempty"`
	// Hold is how long a lease is held, if nothing goes wrong.
	Hold Dist `json:"hold"`
	// Patience is how long a request stands in line before it gives up. Zero: for
	// ever.
	Patience Dist `json:"patience,omitzero"`
}

// OpenLoop is arrivals that do not care how the pool is doing. One of its fields is
// set; rates are arrivals a second.
type OpenLoop struct {
	Poisson  float64    `json:"poisson,omitempty"`  // at random, with this rate
	Constant float64    `json:"constant,omitempty"` // evenly spaced, with this rate
	Bursts   *Bursts    `json:"bursts,omitempty"`
	Phases   []Phase    `json:"phases,omitempty"` // at random, with a rate that changes; the last goes on
	Trace    []Duration `json:"trace,omitempty"`  // instants of arrival, in order
	// TraceCSV names a file with such instants, see [Scenario.Load].
	TraceCSV string `json:"trace_csv,omitempty"`
}

// Bursts is arrivals at random that come and go.
type Bursts struct {
	Rate    float64  `json:"rate"` // in a burst
	On      Duration `json:"on"`
	Off     Duration `json:"off"`
	OffRate float64  `json:"off_rate,omitempty"` // between bursts
}

// Phase is a rate for a time.
type Phase struct {
	For  Duration `json:"for"`
	Rate float64  `json:"rate"`
}

// ClosedLoop is clients that ask again when they have been served, or refused: after
// a time of thinking.
type ClosedLoop struct {
	Clients int  `json:"clients"`
	Think   Dist `json:"think,omitzero"`
}

// World is what is on the other end, and what goes wrong there.
type World struct {
	OpenLatency  Dist `json:"open_latency,omitzero"`
	CloseLatency Dist `json:"close_latency,omitzero"`
	TestLatency  Dist `json:"test_latency,omitzero"`

	// FailLatency is how long an opening takes that fails: a dial to a server that
	// does not answer hangs until its timeout, and keeps its place in the pool
	// meanwhile. Zero: as long as one that succeeds, as where a connection is refused.
	FailLatency Dist `json:"fail_latency,omitzero"`
	// DeadLatency is after what time a dead connection is noticed by whoever uses it,
	// or tests it: a command to a server that is gone without a word hangs until its
	// timeout. What dies in use is noticed so long after its death, but not before
	// its hold ends. Zero: at once, as where a connection is reset.
	DeadLatency Dist `json:"dead_latency,omitzero"`

	// OpenFailure and TestFailure are shares, between 0 and 1.
	OpenFailure float64 `json:"open_failure,omitempty"`
	TestFailure float64 `json:"test_failure,omitempty"`
	// Life is after what time a connection dies by itself. Zero: never.
	Life Dist `json:"life,omitzero"`
	// IdleTimeout is the server's: it closes what it has not heard of for so long.
	// It hears of a connection as long as that is leased or tested.
	IdleTimeout Duration `json:"idle_timeout,omitempty"`
	// MaxConnections is the server's: beyond it an opening fails. What it refuses
	// it refuses when the opening ends.
	MaxConnections int `json:"max_connections,omitempty"`

	// Restarts are instants at which all connections die.
	Restarts []Duration `json:"restarts,omitempty"`
	// Outages are times in which all connections die and none can be opened.
	Outages []Interval `json:"outages,omitempty"`
	// Slow are times in which holding, opening and testing takes longer.
	Slow []Slowdown `json:"slow,omitempty"`
}

// Interval is a time in a run.
type Interval struct {
	At  Duration `json:"at"`
	For Duration `json:"for"`
}

// Slowdown is a time in which holding, opening and testing take Factor times as long.
type Slowdown struct {
	At     Duration `json:"at"`
	For    Duration `json:"for"`
	Factor float64  `json:"factor"`
}

// Clients is how those who hold leases behave: shares of all leases.
type Clients struct {
	Discard float64 `json:"discard,omitempty"` // end with Discard instead of Release
	Panic   float64 `json:"panic,omitempty"`   // panic half-way, and have the lease discarded
	Leak    float64 `json:"leak,omitempty"`    // are never given back
}
