package sim

// Run runs a scenario in virtual time. It returns an error if the scenario is
// not valid. The same scenario gives the same report, on any machine.
func Run(sc *Scenario) (*Report, error) {
	if err := sc.Validate(); err != nil {
		return nil, err
	}
	e := newEngine(sc)
	if err := e.run(); err != nil {
		return nil, err
	}
	e.settle()
	return e.report(), nil
}

// settle counts those who will wait for ever.
func (e *engine) settle() {
	for _, r := range e.requests.all {
		if r.alive && r.queued && r.counted {
			e.measure.requests++
			e.measure.outcomes.Stuck++
		}
	}
}
