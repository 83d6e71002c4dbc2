//go:build !js

package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/respool/respool/sim/cmd/poolsim/internal/versus"
)

func compareCommand() *command {
	return &command{
		name: "compare", args: "[flags]",
		summary: "redispool, redigo's pool and puddle in real time, on one workload",
		text: `
Puts the same load on three pools, one after another: redispool, redigo's own pool,
and a puddle pool of redigo connections. There are several rounds, and each begins
with a different pool. It prints throughput, the time until a client has a
connection, the time until it is done, dials, and allocations.

  poolsim compare
  poolsim compare -clients 200 -max-active 20 -requests 100000
  poolsim compare -redis localhost:6379 -command "INCR poolsim" -think 1ms

The clients form a closed loop: each makes its next request when it has been served.
Without -redis the server is embedded in this process. Its work and its allocations
are then part of all measurements, the same for all three pools. "pool alone" is one
goroutine that takes a connection and gives it back, with no command between. The
figures hold for this machine at this time. The range of throughput over the rounds
says how far to trust them.
`,
		begin: func() (*flags, action) {
			c := newCompare()
			return c.flags, c.start
		},
	}
}

type compareFlags struct {
	flags       *flags
	clients     *int
	requests    *int
	maxActive   *int
	rounds      *int
	think, hold *time.Duration
	command     *string
	redis       *string
	output      *output
}

func newCompare() *compareFlags {
	f := newFlags("compare")
	c := &compareFlags{flags: f}
	f.group("Load")
	c.clients = f.number("clients", 64, 1, "how many clients: a `number`")
	c.requests = f.number("requests", 30_000, 1, "how many requests in a round, of all clients together: a `number`")
	c.maxActive = f.number("max-active", 16, 1, "how many connections a pool has at most: a `number`")
	c.rounds = f.number("rounds", 5, 1, "how many rounds: a `number`")
	c.command = f.text("command", "GET poolsim", "what a client does with its connection: a Redis `COMMAND`, its words separated by blanks")
	c.hold = f.length("hold", 0, "and keeps the connection for this `time` afterwards")
	c.think = f.length("think", 0, "how long a client thinks between two requests: a `time`")
	f.group("Server")
	c.redis = f.text("redis", "", "the server's `HOST:PORT`; without it an embedded one")
	f.group("Output")
	c.output = f.format()
	f.checks = append(f.checks, c.possible)
	return c
}

func (c *compareFlags) start(p *process, _ []string) error {
	words := strings.Fields(*c.command)
	if len(words) == 0 {
		return errors.New("-command: it is empty")
	}
	load := versus.Load{
		Clients: *c.clients, Requests: *c.requests, MaxActive: *c.maxActive, Rounds: *c.rounds,
		Think: *c.think, Hold: *c.hold, Command: words[0], Addr: *c.redis,
	}
	for _, w := range words[1:] {
		load.Args = append(load.Args, w)
	}
	if load.Addr != "" {
		if err := answers(load.Addr, answersWithin); err != nil {
			return fmt.Errorf("-redis %s: %w", load.Addr, err)
		}
	} else {
		server := miniredis.NewMiniRedis()
		if err := server.Start(); err != nil {
			return fmt.Errorf("the embedded server: %w", err)
		}
		defer server.Close()
		server.Set("poolsim", strings.Repeat("x", 64))
		load.Addr = server.Addr()
	}
	standings, err := c.run(p, load)
	if err != nil {
		return err
	}
	if c.output.json() {
		return p.printJSON(compareJSON(&load, standings))
	}
	_, err = p.stdout.Write(c.text(&load, standings, p.width()))
	return err
}

func (c *compareFlags) run(p *process, load versus.Load) ([]*versus.Standing, error) {
	g := p.progress()
	defer g.end()
	standings, err := versus.Run(context.Background(), load, func(done, of int) {
		g.say(float64(done)/float64(of), fmt.Sprintf("%d of %d runs", done, of))
	})
	if err != nil && *c.redis != "" {
		err = fmt.Errorf("-redis %s: %w", *c.redis, err)
	}
	return standings, err
}
