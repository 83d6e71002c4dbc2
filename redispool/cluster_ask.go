package redispool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/slotmap"
)

// askRound asks nodes which slots they serve, a few at a time, until one has answered.
type askRound struct {
	cluster *Cluster
	nodes   []string
	started int // the number of nodes that were asked
	running int // the number of questions without an outcome yet
	results chan askResult

	good int // the number of answers
	errs []error
}

type askResult struct {
	answer *slotmap.Answer
	err    error
}

// run returns when no more answers are needed. After the first answer it waits a moment
// for the nodes that were asked with it, because they may know more.
func (a *askRound) run() {
	ctx, cancel := context.WithCancel(a.cluster.ctx)
	defer cancel()
	var grace <-chan time.Time
	for {
		for a.good == 0 && a.running < asksAtOnce && a.started < len(a.nodes) {
			a.start(ctx)
		}
		if a.running == 0 {
			return
		}
		select {
		case r := <-a.results:
			a.take(r)
			if a.good == 1 && grace == nil {
				grace = time.After(askGrace)
			}
		case <-grace:
			cancel()
			grace = nil
		}
	}
}

func (a *askRound) start(ctx context.Context) {
	addr := a.nodes[a.started]
	a.started++
	a.running++
	go func() {
		answer, err := a.cluster.askNode(ctx, addr)
		a.results <- askResult{answer, err}
	}()
}

// take takes over an answer.
func (a *askRound) take(r askResult) {
	a.running--
	if r.err != nil {
		a.errs = append(a.errs, r.err)
		return
	}
	a.good++
	c := a.cluster
	known := c.slots.Known()
	if c.slots.Apply(r.answer) {
		c.refreshes.noteChange()
		if known {
			c.followUp()
		}
	}
}

// nodesToAsk returns addresses in the order in which they are asked: nodes that can be
// dialed, in random order, then those of StartupNodes that the map lacks, then the
// others.
func (c *Cluster) nodesToAsk() (all []string) {
	known := append(append([]string(nil), c.slots.Masters()...), c.slots.Replicas()...)
	shuffle(known)
	seen := map[string]bool{}
	var failing []string
	for _, addr := range known {
		seen[addr] = true
		if n, err := c.node(addr); err == nil && n.failing() {
			failing = append(failing, addr)
			continue
		}
		all = append(all, addr)
	}
	startup := append([]string(nil), c.StartupNodes...)
	shuffle(startup)
	for _, addr := range startup {
		if !seen[addr] {
			all = append(all, addr)
		}
	}
	return append(all, failing...)
}

func shuffle(list []string) {
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// askNode asks one node, over a connection of its own.
func (c *Cluster) askNode(ctx context.Context, addr string) (*slotmap.Answer, error) {
	a := &slotmap.Answer{Asked: c.slots.Ask()}
	host := slotmap.Host(addr)
	err := c.withOwnConn(ctx, addr, func(do func(string, ...any) (any, error)) error {
		// The epochs come first: if they are older than the slots, nothing is overruled that
		// should stay.
		if nodes, err := redis.String(do("CLUSTER", "NODES")); err == nil {
			a.Members = slotmap.ParseMembers(nodes)
		}
		reply, err := do("CLUSTER", "SLOTS")
		if lacksSlots(err) {
			shards, refused := do("CLUSTER", "SHARDS")
			if refused != nil {
				return fmt.Errorf("%w, and CLUSTER SHARDS: %w", err, refused)
			}
			a.Ranges, err = slotmap.ParseShards(shards, host)
			return err
		}
		if err == nil {
			a.Ranges, err = slotmap.ParseSlots(reply, host)
		}
		return err
	})
	return a, err
}

// lacksSlots reports whether a server does not know CLUSTER SLOTS, or does not allow it to the
// user. It may still answer CLUSTER SHARDS, which Redis 7 recommends instead.
func lacksSlots(err error) bool {
	e, ok := serverError(err)
	return ok && (strings.Contains(strings.ToLower(string(e)), "unknown subcommand") || beginsWithWord(string(e), "NOPERM"))
}

// withOwnConn dials a node past its pool, and runs f with a function that sends
// commands.
func (c *Cluster) withOwnConn(ctx context.Context, addr string, f func(do func(string, ...any) (any, error)) error) error {
	n, err := c.node(addr)
	if err != nil {
		return err
	}
	n.pool()
	limited, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	own, err := n.dial(limited)
	if ctx.Err() == nil {
		n.dials.note(err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", addr, err)
	}
	defer closeDialed(own)
	by := calling{how: withContext, ctx: limited}
	if !by.works(own) {
		by = plainly
	}
	do := func(cmd string, args ...any) (any, error) {
		// redigo's DoContext leaves a goroutine that may still write when its context ends.
		if err := own.Err(); err != nil {
			return nil, err
		}
		return by.do(own, cmd, args...)
	}
	if err := f(do); err != nil {
		return fmt.Errorf("%s: %w", addr, err)
	}
	n.answers.note(nil)
	return nil
}

// askError joins the errors of all nodes. If there are many, the first ones say enough. A
// mistake in the program is the whole error. If no address can ever be dialed, the error is
// final.
func askError(errs []error) error {
	const most = 3
	for _, err := range errs {
		if misuse := (*misuseError)(nil); errors.As(err, &misuse) {
			return misuse
		}
	}
	misaddressed := !slices.ContainsFunc(errs, func(err error) bool { return !isNoAddress(err) })
	if more := len(errs) - most; more > 0 {
		errs = append(errs[:most:most], fmt.Errorf("and %d more", more))
	}
	if misaddressed && len(errs) > 0 {
		return fmt.Errorf("%w: %w", errNoAddress, errors.Join(errs...))
	}
	return fmt.Errorf("redispool: no node of the cluster answers: %w", errors.Join(errs...))
}
