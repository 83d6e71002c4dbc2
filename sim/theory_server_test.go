package sim

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// A server with workers against theory. N jobs go round between two stations. The first
// has no queue, and each job spends z there on average. The second has k workers with
// exponential service times of mean s. This is a closed product-form network: the machine
// repairman with k repairmen. Where there is no queue the distribution of the time does
// not matter.

// network is such a network. Times are in seconds.
type network struct {
	jobs, workers int
	z, s          float64
}

// atServer returns the probabilities of how many jobs are at the server, by the
// convolution of the two stations.
func (n network) atServer() []float64 {
	p := make([]float64, n.jobs+1)
	weight, sum := 1.0, 0.0
	// The station without a queue has the factor z^i/i!, the server s^i/(the product of
	// the busy workers up to i). Their products are built one from another.
	for i := range p {
		if i > 0 {
			weight *= float64(n.jobs-i+1) / n.z * n.s / float64(min(i, n.workers))
		}
		p[i], sum = weight, sum+weight
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func (n network) busy() (mean float64) {
	for i, p := range n.atServer() {
		mean += p * float64(min(i, n.workers))
	}
	return mean
}

func (n network) throughput() float64 { return n.busy() / n.s }

// response is the mean time at the server, by Little's law.
func (n network) response() (mean float64) {
	for i, p := range n.atServer() {
		mean += p * float64(i)
	}
	return mean / n.throughput()
}

// meanValues is the response time and the throughput by mean value analysis of a server
// whose rate depends on its queue (Reiser and Lavenberg, 1980).
func (n network) meanValues() (response, throughput float64) {
	marginal := []float64{1} // of the queue, with one job less
	for jobs := 1; jobs <= n.jobs; jobs++ {
		response = 0
		for i := 1; i <= jobs; i++ {
			response += float64(i) / float64(min(i, n.workers)) * n.s * marginal[i-1]
		}
		throughput = float64(jobs) / (n.z + response)
		next, rest := make([]float64, jobs+1), 1.0
		for i := 1; i <= jobs; i++ {
			next[i] = throughput * n.s / float64(min(i, n.workers)) * marginal[i-1]
			rest -= next[i]
		}
		next[0], marginal = rest, next
	}
	return response, throughput
}

// Two ways to the same figures, and a figure that is published: Erlang's formula is the
// case of ever more jobs that come ever more rarely.
func TestNetworkTheory(t *testing.T) {
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-6*want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for _, n := range []network{{1, 1, 1, 1}, {5, 1, 0.02, 0.01}, {12, 3, 0.01, 0.004}, {24, 4, 0.03, 0.008}} {
		response, throughput := n.meanValues()
		near("response", n.response(), response)
		near("throughput", n.throughput(), throughput)
	}
	const many = 200_000
	n := network{many, 4, many / 300., 0.01}
	l := load{4, 300, 0.01}
	if got, want := n.response()-n.s, l.erlangC()/l.drain(); math.Abs(got-want) > 2e-3*want {
		t.Errorf("wait %v, Erlang C has %v", got, want)
	}
}

// closedServer is a scenario of a closed loop with a server.
type closedServer struct {
	clients, pool, workers int
	think, hold, service   Dist
}

func (c closedServer) String() string {
	return fmt.Sprintf("%d clients, %d connections, %d workers", c.clients, c.pool, c.workers)
}

// network is the network of what goes round: the clients, or the leases if there are
// fewer and clients do not think. The client's own part is a part of the station without
// a queue.
func (c closedServer) network() network {
	return network{min(c.clients, c.pool), c.workers, (c.think.Mean() + c.hold.Mean()).Seconds(), c.service.Mean().Seconds()}
}

func (c closedServer) scenario(seed int) *Scenario {
	return &Scenario{
		Seed: uint64(seed), WarmUp: 5 * sec, Duration: 5*sec + 120*sec,
		Pool:     Pool{MaxActive: c.pool, Wait: true},
		Workload: Workload{Closed: &ClosedLoop{Clients: c.clients, Think: c.think}, Hold: c.hold},
		World:    World{Server: Server{Workers: c.workers, Service: c.service}},
	}
}

func TestServerAgreesWithTheory(t *testing.T) {
	const few = 4 // batches
	logn := Dist{Lognormal: &Lognormal{Median: 4 * ms, Sigma: 0.7}}
	for _, c := range []closedServer{
		// The pool is no limit: N clients and k repairmen.
		{8, 8, 1, exponential(30 * ms), Dist{}, exponential(4 * ms)},
		{20, 20, 1, exponential(50 * ms), logn, exponential(4 * ms)},
		{40, 40, 4, exponential(20 * ms), exponential(6 * ms), exponential(3 * ms)},
		// Clients always wait: N leases go round, and the size of the pool is the load.
		{30, 1, 2, Dist{}, exponential(5 * ms), exponential(4 * ms)},
		{30, 4, 2, Dist{}, exponential(5 * ms), exponential(4 * ms)},
		{30, 12, 2, Dist{}, logn, exponential(4 * ms)},
		{30, 16, 8, Dist{}, constant(3 * ms), exponential(5 * ms)},
	} {
		t.Run(c.String(), func(t *testing.T) {
			needsTime(t, 1)
			var rate, response, busy float64
			for seed := range few {
				r := simulate(t, c.scenario(seed+1))
				rate += float64(r.Outcomes.Granted) / r.Duration / few
				response += r.Server.Total.Mean / few
				busy += r.Server.Utilization / few
			}
			n := c.network()
			for _, q := range []struct {
				what      string
				got, want float64
			}{{"throughput", rate, n.throughput()}, {"time at the server", response, n.response()},
				{"utilization", busy, n.busy() / float64(c.workers)}} {
				off := q.got/q.want - 1
				t.Logf("%-18s %10.5g, simulated %+.2f %% off", q.what, q.want, 100*off)
				if math.Abs(off) > maxDeviation {
					t.Errorf("%s: %v, theory has %v", q.what, q.got, q.want)
				}
			}
		})
	}
}

// Requests that arrive at random, with a pool that is no limit: what leaves the station
// without a queue is random again (Mirasol), and the server is M/M/k.
func TestServerOfAnOpenLoop(t *testing.T) {
	needsTime(t, 1)
	for _, k := range []int{1, 3} {
		const rho, batches = 0.8, 8
		s := 2 * time.Millisecond
		l := load{k, rho * float64(k) / s.Seconds(), s.Seconds()}
		var wait, waited, queue float64
		for seed := range batches {
			r := simulate(t, &Scenario{
				Seed: uint64(seed), WarmUp: 5 * sec, Duration: 605 * sec,
				Workload: Workload{Open: &OpenLoop{Poisson: l.arrivals}, Hold: Dist{Uniform: &Uniform{ms, 9 * ms}}},
				World:    World{Server: Server{Workers: k, Service: exponential(D(s))}},
			})
			wait += r.Server.Wait.Mean / batches
			queue += r.Server.Queue / batches
			waited += r.Server.Utilization / batches
		}
		want := l.erlangC() / l.drain()
		for _, q := range []struct {
			what      string
			got, want float64
		}{{"wait", wait, want}, {"queue", queue, want * l.arrivals}, {"utilization", waited, rho}} {
			if math.Abs(q.got/q.want-1) > maxDeviation {
				t.Errorf("%d workers: %s is %v, theory has %v", k, q.what, q.got, q.want)
			}
		}
	}
}

// contended is a network with one worker, whose visits take longer by a share for each
// that waits when they begin. A visit keeps its rate while others come, so a state is how
// many waited when the present visit began, and how many wait now.
type contended struct {
	network
	share float64
}

// throughput goes through the visits: from the number that waits after a visit begins to
// that after the next one begins. Jobs come one by one, and each time either the next job
// comes first, or the visit ends.
func (c contended) throughput() float64 {
	after := make([]float64, c.jobs) // probabilities of how many wait when a visit begins
	after[0] = 1
	var perVisit float64
	for range 10_000 {
		next := make([]float64, c.jobs)
		perVisit = 0
		for waiting, p := range after {
			takes := c.s * (1 + c.share*float64(waiting))
			perVisit += p * takes
			for n := waiting; ; n++ { // n wait, and the others are away
				coming := float64(c.jobs-1-n) / c.z
				ends := 1 / takes / (1/takes + coming)
				switch {
				case n > 0:
					next[n-1] += p * ends
				default:
					next[0] += p * ends // the next one to come begins at once, below
					perVisit += p * ends * c.z / float64(c.jobs)
				}
				if p *= 1 - ends; coming == 0 {
					break
				}
			}
		}
		after = next
	}
	return 1 / perVisit
}

func TestContentionAgreesWithTheory(t *testing.T) {
	needsTime(t, 1)
	// Without contention it is the machine repairman.
	plain := network{12, 1, 0.02, 0.004}
	if got, want := (contended{plain, 0}).throughput(), plain.throughput(); math.Abs(got/want-1) > 1e-6 {
		t.Fatalf("%v, without contention %v", got, want)
	}
	for _, share := range []float64{0.02, 0.2} {
		sc := closedServer{12, 12, 1, exponential(20 * ms), Dist{}, exponential(4 * ms)}.scenario(1)
		sc.World.Server.Contention, sc.Duration = share, 3000*sec
		r := simulate(t, sc)
		got, want := float64(r.Outcomes.Granted)/r.Duration, contended{plain, share}.throughput()
		t.Logf("contention %v: throughput %.5g, simulated %+.2f %% off", share, want, 100*(got/want-1))
		if math.Abs(got/want-1) > maxDeviation {
			t.Errorf("contention %v: throughput %v, theory has %v", share, got, want)
		}
	}
}

// Pools on one server are one pool, if they are no limit: n pools of k, with k clients each,
// are the machine repairman with n*k jobs.
func TestFleetAgainstTheory(t *testing.T) {
	onOneGoroutine(t)
	t.Parallel()
	for _, c := range []struct{ pools, of, workers int }{{2, 3, 1}, {5, 4, 3}} {
		n := network{jobs: c.pools * c.of, workers: c.workers, z: 0.010, s: 0.004}
		r := simulate(t, &Scenario{
			Seed: 3, Duration: 300 * sec,
			Pool:     Pool{MaxActive: c.of, Wait: true},
			Workload: Workload{Closed: &ClosedLoop{c.of, exponential(10 * ms)}},
			World:    World{Server: Server{Workers: c.workers, Service: exponential(4 * ms)}},
			Fleet:    Fleet{Instances: c.pools},
		})
		for _, f := range []struct {
			what      string
			got, want float64
		}{
			{"throughput", float64(r.Requests) / r.Duration, n.throughput()},
			{"time at the server", r.Server.Total.Mean, n.response()},
			{"use of the workers", r.Server.Utilization, n.busy() / float64(c.workers)},
		} {
			if math.Abs(f.got/f.want-1) > 0.02 {
				t.Errorf("%d pools of %d on %d workers: the %s is %v, in theory %v", c.pools, c.of, c.workers, f.what, f.got, f.want)
			}
		}
	}
}
