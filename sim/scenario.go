package sim

import "github.com/respool/respool/policy"

// Scenario describes a run completely. It is plain data: the same scenario gives the
// same run, to the last byte of its report, on any machine.
//
// In JSON the fields have the names in their json tags, and durations are text with a
// unit ("3ms"). A field that is left out has its zero value. [Parse] refuses unknown fields,
// and reports their position.
type Scenario struct {
	// Name is a title for readers. It has no effect.
	Name string `json:"name,omitempty"`
	// Seed determines everything that is random.
	Seed uint64 `json:"seed"`
	// Requests is the number of requests after which arrivals end. If it is zero,
	// Duration ends them.
	Requests int64 `json:"requests,omitempty"`
	// Duration is the time after which arrivals end. If it is zero, Requests ends them.
	// Without Requests the run goes on until then even if nothing arrives any more.
	// Requests that have arrived are always served to their end.
	Duration Duration `json:"duration,omitempty"`
	// WarmUp is the time before counting begins.
	WarmUp Duration `json:"warm_up,omitempty"`

	Pool     Pool     `json:"pool"`
	Workload Workload `json:"workload"`
	World    World    `json:"world,omitzero"`
	Clients  Clients  `json:"clients,omitzero"`
	Fleet    Fleet    `json:"fleet,omitzero"`
	Keys     Keys     `json:"keys,omitzero"`
}

// Pool is the pool's configuration. Except for Wait, names and zero values are those of
// resource.Config.
type Pool struct {
	MaxActive int `json:"max_active,omitempty"` // zero: no limit
	// MaxIdle is the most idle resources. If it is zero there is no limit, and -1 keeps
	// none.
	MaxIdle     int      `json:"max_idle,omitempty"`
	MinIdle     int      `json:"min_idle,omitempty"`
	Wait        bool     `json:"wait,omitempty"` // at MaxActive requests wait; otherwise they are refused
	WaitTimeout Duration `json:"wait_timeout,omitempty"`
	MaxWaiters  int      `json:"max_waiters,omitempty"`
	// Reserve is how many places of MaxActive requests in the background leave to others.
	Reserve int `json:"reserve,omitempty"`
	// ShedTarget and ShedInterval refuse requests early while the pool is overloaded: see
	// policy.CoDel.
	ShedTarget   Duration `json:"shed_target,omitempty"`
	ShedInterval Duration `json:"shed_interval,omitempty"`
	Order        string   `json:"order,omitempty"` // "lifo" (default) or "fifo"

	MaxAge       Duration `json:"max_age,omitempty"`
	MaxAgeJitter Duration `json:"max_age_jitter,omitempty"`
	// ReplaceAhead is how long before MaxAge a connection is replaced.
	ReplaceAhead Duration `json:"replace_ahead,omitempty"`
	MaxUses      int      `json:"max_uses,omitempty"`
	IdleTimeout  Duration `json:"idle_timeout,omitempty"`
	// TestIdleEvery is the time after which an idle resource is tested in the background.
	// It needs Test, or Gate.
	TestIdleEvery Duration `json:"test_idle_every,omitempty"`
	// OpenDetached lets an opening outlive its request: the patience of a request that opens
	// a connection counts from its arrival, and when it is over the request leaves. The
	// opening goes on, and the connection serves other requests. Without OpenDetached a
	// request waits for its opening, however long that takes.
	OpenDetached bool `json:"open_detached,omitempty"`
	// OpenTimeout is the time after which an opening fails that no request waits for. It
	// counts from when the request has left; for MinIdle, from the beginning.
	OpenTimeout Duration `json:"open_timeout,omitempty"`
	// CloseTimeout is the time after which a close that has not returned stops counting.
	CloseTimeout Duration `json:"close_timeout,omitempty"`
	// SoftIdleMin makes IdleTimeout a soft limit: it never leaves fewer idle resources.
	SoftIdleMin int `json:"soft_idle_min,omitempty"`

	// OpenBackoff is the longest pause between openings while they fail. The first is a
	// tenth of it, and each is twice as long as the one before. If it is zero, openings are
	// never held.
	OpenBackoff Duration `json:"open_backoff,omitempty"`

	// TestSuspects has idle resources tested after another turned out to be broken.
	TestSuspects bool `json:"test_suspects,omitempty"`

	// Test is the borrow test. If it is nil, resources are not tested.
	Test *Test `json:"test,omitempty"`

	// Lifetime, Eviction and Gate replace the policies that the fields above describe.
	// They are not part of the JSON form, and must give the same answers in every run.
	Lifetime policy.Lifetime `json:"-"`
	Eviction policy.Eviction `json:"-"`
	Gate     policy.Gate     `json:"-"`
}

// Test says when a borrowed resource is tested. With neither field set it is tested at
// every borrow.
type Test struct {
	IfIdleFor   Duration `json:"if_idle_for,omitempty"`
	AtMostEvery Duration `json:"at_most_every,omitempty"`
}

// Workload says when requests arrive, and how long each holds a lease. Exactly one of
// Open and Closed is set.
type Workload struct {
	Open   *OpenLoop   `json:"open,omitempty"`
	Closed *ClosedLoop `json:"closed,omitempty"`
	// Hold is the service time: how long a lease is held, if nothing goes wrong.
	Hold Dist `json:"hold"`
	// Patience is how long a request waits before it gives up. If it is zero, requests
	// do not give up.
	Patience Dist `json:"patience,omitzero"`
	// Background is the share of requests, from 0 to 1, that are made in the background. They
	// are refused at once while others wait, or if only the reserve is left. See
	// resource.Pool.AcquireBackground.
	Background float64 `json:"background,omitempty"`
	// Urgent is the share of requests, from 0 to 1, that are urgent: those that wait are served
	// before others, at most four in a row. See resource.Pool.AcquireUrgent. A request in the
	// background is not urgent.
	Urgent float64 `json:"urgent,omitempty"`
	// Timeout is how long a request may take in all. When it is over, a request that waits
	// leaves the queue, its own opening fails, and a lease ends with Discard, since the
	// answer may still come. If it is zero, requests take as long as they take. A retry
	// has the whole Timeout again.
	Timeout Duration `json:"timeout,omitempty"`
	// Leases is how many leases a request takes, one after another. Each is held for the
	// same time. Zero is one.
	Leases int `json:"leases,omitempty"`
	// Nested has a request keep each lease until it has ended the last one, so that it
	// holds all of them at once.
	Nested bool `json:"nested,omitempty"`
}

// OpenLoop describes arrivals that do not depend on the pool. Exactly one of its fields is
// set. Rates are arrivals a second.
type OpenLoop struct {
	Poisson  float64    `json:"poisson,omitempty"`  // at random, with this rate
	Constant float64    `json:"constant,omitempty"` // evenly spaced, with this rate
	Bursts   *Bursts    `json:"bursts,omitempty"`
	Phases   []Phase    `json:"phases,omitempty"` // at random, with a rate that changes; the last goes on
	Trace    []Duration `json:"trace,omitempty"`  // instants of arrival, in order
	// TraceCSV names a file with the instants of arrival: see [Scenario.Load].
	TraceCSV string `json:"trace_csv,omitempty"`
}

// Bursts are random arrivals at a rate that alternates.
type Bursts struct {
	Rate    float64  `json:"rate"`               // in a burst
	On      Duration `json:"on"`                 // length of a burst
	Off     Duration `json:"off"`                // time from the end of a burst to the next
	OffRate float64  `json:"off_rate,omitempty"` // between bursts
}

// Phase is a rate that holds for a time.
type Phase struct {
	For  Duration `json:"for"`
	Rate float64  `json:"rate"` // arrivals a second
}

// ClosedLoop is a number of clients. Each makes its next request when the last one has
// been served or refused, after a think time.
type ClosedLoop struct {
	Clients int  `json:"clients"`        // at least 1
	Think   Dist `json:"think,omitzero"` // zero: no think time
}

// World is the server that the resources connect to, with its faults. With the zero World
// every operation takes no time, and nothing fails.
type World struct {
	OpenLatency  Dist `json:"open_latency,omitzero"`
	CloseLatency Dist `json:"close_latency,omitzero"`
	TestLatency  Dist `json:"test_latency,omitzero"`

	// FailLatency is how long a failing opening takes. A dial to a server that does not
	// answer hangs until its timeout, and occupies capacity meanwhile. If it is zero, a
	// failing opening takes as long as another, as if the server refused the connection.
	FailLatency Dist `json:"fail_latency,omitzero"`
	// DeadLatency is how long the use or the test of a dead connection takes before it
	// fails. A command to a server that has vanished hangs until its timeout. The death
	// of a connection in use is noticed after this time, though not before the hold
	// ends. If it is zero, a death is noticed at once, as if the connection was reset.
	DeadLatency Dist `json:"dead_latency,omitzero"`

	// OpenFailure and TestFailure are the shares of openings and tests that fail,
	// between 0 and 1. Tests of idle connections in the background count as well.
	OpenFailure float64 `json:"open_failure,omitempty"`
	TestFailure float64 `json:"test_failure,omitempty"`
	// Life is the age at which a connection dies by itself. If it is zero, none does.
	Life Dist `json:"life,omitzero"`
	// IdleTimeout is the server's idle timeout: it closes a connection that has neither
	// been leased nor tested for this time.
	IdleTimeout Duration `json:"idle_timeout,omitempty"`
	// MaxConnections is the server's limit. An opening beyond it fails when it ends.
	MaxConnections int `json:"max_connections,omitempty"`

	// Restarts are the instants at which all connections die.
	Restarts []Duration `json:"restarts,omitempty"`
	// Outages are intervals. All connections die at the beginning of each, and none can
	// be opened during it.
	Outages []Interval `json:"outages,omitempty"`
	// Slow is intervals in which holding, opening and testing take longer.
	Slow []Slowdown `json:"slow,omitempty"`
	// Stalls are intervals in which the server does not answer, although no connection
	// dies. Its work goes on afterwards.
	Stalls []Interval `json:"stalls,omitempty"`
	// Server gives the server a queue. Without it each lease takes its hold, however many
	// there are at a time.
	Server Server `json:"server,omitzero"`
}

// Server is a server with workers. The holder of a lease first does its own part, for the
// time of the workload's Hold. Then it visits the server: the visit waits in a FIFO queue
// until one of the workers serves it. So more connections make each visit longer. The
// server does not notice that a request has timed out, and serves its visit. A restart
// and an outage end all visits. Slow and Stalls are about the visit, not about the
// holder's own part.
type Server struct {
	Workers int  `json:"workers,omitempty"` // zero: the server has no queue
	Service Dist `json:"service,omitzero"`  // how long a worker takes for a visit
	// Contention is by which share a visit takes longer for each visit that is in the
	// queue when it begins: workers share locks, memory and disks with those that wait.
	Contention float64 `json:"contention,omitempty"`
}

// Interval is a part of a run, from At on.
type Interval struct {
	At  Duration `json:"at"`
	For Duration `json:"for"`
}

// Slowdown is an interval in which holding, opening and testing take Factor times as long.
type Slowdown struct {
	At     Duration `json:"at"`
	For    Duration `json:"for"`
	Factor float64  `json:"factor"`
}

// Clients says which shares of the leases end otherwise than with Release, and what
// clients do when a request has failed.
type Clients struct {
	Discard float64 `json:"discard,omitempty"` // end with Discard instead of Release
	Panic   float64 `json:"panic,omitempty"`   // panic halfway, and have the lease discarded
	Leak    float64 `json:"leak,omitempty"`    // are never given back

	Retry Retry `json:"retry,omitzero"`
}

// Retry says how clients try a request again that has failed: it was refused, gave up,
// timed out, could not open a connection, or found it dead. Without Retries they do not.
type Retry struct {
	// Retries is the most retries of a request.
	Retries int `json:"retries,omitempty"`
	// Backoff is the pause before the first retry. Each later pause is twice as long, up
	// to MaxBackoff, or without an end if that is zero.
	Backoff    Duration `json:"backoff,omitempty"`
	MaxBackoff Duration `json:"max_backoff,omitempty"`
	// Jitter is the share of each pause that is random: with 1 a pause is anything
	// between zero and its length.
	Jitter float64 `json:"jitter,omitempty"`
	// Budget is how many retries each request allows all clients of a pool together, on
	// average. A retry takes a token from a bucket, and each request puts this part of a
	// token into it. A retry that finds no token is not made. If it is zero, there is no
	// bucket.
	Budget float64 `json:"budget,omitempty"`
	// Burst is how many tokens the bucket holds, and has at the start. Zero is 10.
	Burst int `json:"burst,omitempty"`
}
