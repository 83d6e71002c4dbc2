package sim

// Watch is [Run], with every event shown to watch, after the ledger has answered
// it. An error that watch returns ends the run, and is returned.
func Watch(sc *Scenario, watch func(Event) error) (*Report, error) {
	return observed(sc, func(e *engine) error {
		e.watch = watch
		return nil
	})
}

// observed runs a scenario once begin has seen the engine that does it.
func observed(sc *Scenario, begin func(*engine) error) (*Report, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	if err := sc.loaded(); err != nil {
		return nil, err
	}
	e := newEngine(sc)
	if err := begin(e); err != nil {
		return nil, err
	}
	if err := e.run(); err != nil {
		return nil, err
	}
	e.settle()
	return e.report(), nil
}
