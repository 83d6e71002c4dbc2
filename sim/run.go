package sim

// Run runs a scenario in virtual time. It returns an error if the scenario is
// not valid, names files that [Scenario.Load] has not read, or ends before its
// warm-up does. The same scenario gives the same report, on any machine.
func Run(sc *Scenario) (*Report, error) { return Watch(sc, nil) }

// settle counts those who will wait for ever.
func (e *engine) settle() {
	for _, r := range e.requests.all {
		if r.alive && r.queued && r.counted {
			e.measure.requests++
			e.measure.outcomes.Stuck++
			e.measure.timeline.last().refused++
		}
	}
}
