//go:build !js

package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/sim/cmd/poolsim/internal/versus"
)

// possible refuses a load that takes all memory, or more than a day.
func (c *compareFlags) possible() error {
	for _, of := range []struct {
		flag    string
		n, most int
	}{
		{"clients", *c.clients, 100_000}, {"requests", *c.requests, 10_000_000}, {"max-active", *c.maxActive, 1_000_000}, {"rounds", *c.rounds, 1000},
	} {
		if of.n > of.most {
			return fmt.Errorf("-%s: %d is above %d, the most that a comparison has", of.flag, of.n, of.most)
		}
	}
	if least := c.shortest(); least > longestPlayed.Seconds() {
		takes := time.Duration(min(least, 1e9) * 1e9)
		return fmt.Errorf("the comparison would take %v or more, and the most is %v: set -hold, -think, -requests or -rounds", takes.Round(time.Hour), longestPlayed)
	}
	return nil
}

// shortest returns how many seconds the holding and the thinking of all rounds take at least.
func (c *compareFlags) shortest() float64 {
	each := func(of int) float64 { return math.Ceil(float64(*c.requests) / float64(of)) } // of the busiest one
	client := float64(each(*c.clients) * (c.hold.Seconds() + c.think.Seconds()))
	connection := float64(each(min(*c.clients, *c.maxActive)) * c.hold.Seconds())
	return float64(float64(*c.rounds*versus.Pools) * max(client, connection))
}

// answersWithin is how long a server has for its first answer.
const answersWithin = 5 * time.Second

// answers returns an error if a server does not answer in time. What listens at the address may
// be no Redis, and a run would wait for it without end.
func answers(addr string, within time.Duration) error {
	c, err := redis.Dial("tcp", addr, redis.DialConnectTimeout(within), redis.DialReadTimeout(within), redis.DialWriteTimeout(within))
	if err == nil {
		defer c.Close()
		_, err = c.Do("PING")
	}
	if late := (net.Error)(nil); errors.As(err, &late) && late.Timeout() {
		return fmt.Errorf("the server does not answer a PING in %v: it may be no Redis", within)
	}
	return err
}
