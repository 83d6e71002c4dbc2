package main

import "time"

// stopped is how long a server is stopped.
const stopped = 6 * time.Second

func sentinelScenarios() []scenario {
	return []scenario{
		{"sentinel-planned", "Sentinel: a planned failover", hasSentinel, sentinelPlanned},
		{"sentinel-kill", "Sentinel: kill -9 of the master", hasSentinel, sentinelKill},
		{"sentinel-stop", "Sentinel: the master is stopped for 6 s", hasSentinel, sentinelStop},
	}
}

// withSentinels has workers call while something happens to a master with replicas.
func (t *trial) withSentinels(happen func(*replicated) error, after time.Duration) error {
	r, err := startReplicated(t.fleet)
	if err != nil {
		return err
	}
	err = t.connect(r.sentinels, func(d *dialer) (client, error) { return t.contender.sentinel(r.addrs(), workers, d) })
	if err != nil {
		return err
	}
	return t.under(workers, false, func() error { return happen(r) }, after, r.stored, nil)
}

// sentinelPlanned lasts longer than the old master goes on to acknowledge what it will
// lose: some eleven seconds.
func sentinelPlanned(t *trial) error {
	return t.withSentinels((*replicated).failOver, t.in(4*time.Second, 14*time.Second))
}

func sentinelKill(t *trial) error {
	return t.withSentinels(func(r *replicated) error {
		r.master.kill()
		return nil
	}, t.in(5*time.Second, 9*time.Second))
}

func sentinelStop(t *trial) error {
	return t.withSentinels(func(r *replicated) error {
		return t.hangFor(r.master, t.in(3*time.Second, stopped))
	}, t.in(2*time.Second, 5*time.Second))
}

// hangFor stops a server for a while.
func (t *trial) hangFor(s *server, d time.Duration) error {
	if err := s.hang(); err != nil {
		return err
	}
	if err := t.sleep(d); err != nil {
		return err
	}
	return s.goOn()
}
