package main

import "slices"

// scenario is something that happens to servers while clients use them.
type scenario struct {
	name  string
	title string
	// fits reports whether the contender has a client for these servers.
	fits func(contender) bool
	run  func(t *trial) error
}

func scenarios() []scenario {
	return slices.Concat(sentinelScenarios(), clusterScenarios(), aloneScenarios())
}

func hasSentinel(c contender) bool { return c.sentinel != nil }
func hasCluster(c contender) bool  { return c.cluster != nil }
func hasAlone(c contender) bool    { return c.alone != nil }

const workers = 8
