package sim

import "fmt"

func (w *World) validate() error {
	for _, d := range []struct {
		path string
		dist *Dist
	}{{"world.open_latency", &w.OpenLatency}, {"world.close_latency", &w.CloseLatency},
		{"world.test_latency", &w.TestLatency}, {"world.life", &w.Life},
		{"world.fail_latency", &w.FailLatency}, {"world.dead_latency", &w.DeadLatency}} {
		if err := d.dist.validate(d.path); err != nil {
			return err
		}
	}
	if err := shares("world.open_failure", w.OpenFailure, "world.test_failure", w.TestFailure); err != nil {
		return err
	}
	if w.MaxConnections < 0 {
		return fmt.Errorf("world.max_connections: %d is negative", w.MaxConnections)
	}
	if err := counts("world.max_connections", w.MaxConnections); err != nil {
		return err
	}
	if err := w.validateSpells(); err != nil {
		return err
	}
	return spans("world.idle_timeout", w.IdleTimeout)
}

func (w *World) validateSpells() error {
	for i, at := range w.Restarts {
		if err := spans(fmt.Sprintf("world.restarts[%d]", i), at); err != nil {
			return err
		}
	}
	for i, s := range w.Outages {
		if err := spell(fmt.Sprintf("world.outages[%d]", i), s.At, s.For); err != nil {
			return err
		}
	}
	for i, s := range w.Slow {
		path := fmt.Sprintf("world.slow[%d]", i)
		if err := spell(path, s.At, s.For); err != nil {
			return err
		}
		if !(s.Factor > 0 && s.Factor <= 1e6) {
			return fmt.Errorf("%s.factor: %v is not above 0 and at most 1e6", path, s.Factor)
		}
	}
	return nil
}

func spell(path string, from, length Duration) error {
	if length == 0 {
		return fmt.Errorf("%s.for: %v is not positive", path, length)
	}
	return spans(path+".at", from, path+".for", length)
}
