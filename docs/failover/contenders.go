package main

import "context"

// client is a contender that is connected to the servers of a sample.
type client interface {
	// set returns the server's reply, which should be OK.
	set(ctx context.Context, key, value string) (reply string, err error)
	// get returns the key's value, empty if there is none.
	get(ctx context.Context, key string) (value string, err error)
	counts() counts
	close()
}

// counts is what a contender says about its connections; unknown where it says nothing.
type counts struct{ open, leased, waiting int }

const unknown = -1

// contender makes clients. A function is nil where the contender has no such client.
type contender struct {
	name string
	// alone talks to one server, with at most size connections.
	alone func(addr string, size int, d *dialer) (client, error)
	// sentinel finds the master through sentinels.
	sentinel func(addrs []string, size int, d *dialer) (client, error)
	// cluster talks to a Redis Cluster, with at most size connections to a node.
	cluster func(addrs []string, size int, d *dialer) (client, error)
}

const ours = "respool"

func contenders() []contender {
	return []contender{respoolContender(), redigoContender(), redigoTestingContender(), goRedisContender(), rueidisContender()}
}
