package redispool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/slotmap"
)

const (
	askTimeout   = 2 * time.Second        // for the answer of one node
	askGrace     = 50 * time.Millisecond  // for further answers, after the first
	asksAtOnce   = 3                      // nodes that are asked together
	firstRefresh = 10 * time.Millisecond  // pause between two refreshes, which grows
	maxRefresh   = 250 * time.Millisecond // as long as the map stays as it is
)

// refreshes renews the map of slots, one refresh at a time.
type refreshes struct {
	mu      sync.Mutex
	current *refresh      // nil: none is running
	next    *refresh      // was asked for while current ran
	changed chan struct{} // closed when the map changes
	pause   time.Duration
	ended   time.Time // the last one
	closed  bool
	running sync.WaitGroup

	answered atomic.Int64 // when the last successful one ended, in nanoseconds since 1970
}

// refresh is one renewal of the map. All callers that asked for it wait for the same one.
type refresh struct {
	done chan struct{}
	err  error // valid when done is closed
}

func newRefresh() *refresh { return &refresh{done: make(chan struct{})} }

// wait waits until no refresh is running. No further one begins.
func (r *refreshes) wait() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.running.Wait()
}

// mapChanged returns a channel that is closed at the next change of the map.
func (c *Cluster) mapChanged() <-chan struct{} {
	r := &c.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed
}

func (r *refreshes) noteChange() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pause = 0
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// requestRefresh asks for a refresh that begins now or later: one that is running may
// have its answers already, so another one follows it.
func (c *Cluster) requestRefresh() *refresh {
	r := &c.refreshes
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed || c.closed.Load():
		f := newRefresh()
		f.err = ErrClusterClosed
		close(f.done)
		return f
	case r.current == nil:
		r.current = newRefresh()
		r.running.Add(1)
		go c.refreshLoop(r.current)
		return r.current
	case r.next == nil:
		r.next = newRefresh()
	}
	return r.next
}

// refreshLoop runs one refresh, and those that were asked for meanwhile.
func (c *Cluster) refreshLoop(f *refresh) {
	r := &c.refreshes
	defer r.running.Done()
	for f != nil {
		c.pauseBeforeRefresh()
		f.err = c.refreshMap()
		if f.err != nil && c.BgError != nil && c.ctx.Err() == nil {
			c.BgError(ClusterRefresh, f.err)
		}
		r.mu.Lock()
		r.ended = time.Now()
		close(f.done)
		f, r.current, r.next = r.next, r.next, nil
		r.mu.Unlock()
	}
}

// pauseBeforeRefresh waits if there was a refresh just now. The pause grows until the map
// changes, or until no caller has asked for a refresh for a while.
func (c *Cluster) pauseBeforeRefresh() {
	r := &c.refreshes
	r.mu.Lock()
	since := time.Since(r.ended)
	if since > 4*maxRefresh {
		r.pause = 0
	}
	wait := r.pause - since
	r.pause = min(max(2*r.pause, firstRefresh), maxRefresh)
	r.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(growing(wait, wait, 1)): // that is, wait or less
		case <-c.ctx.Done():
		}
	}
}

// refreshIfOld asks for a refresh if the last one is older than RefreshEvery.
func (c *Cluster) refreshIfOld() {
	every := orDefault(c.RefreshEvery, defaultRefreshEvery)
	if every > 0 && time.Now().UnixNano()-c.refreshes.answered.Load() > int64(every) {
		c.refreshes.answered.Store(time.Now().UnixNano()) // one caller asks, even if no node answers
		c.requestRefresh()
	}
}

// ready waits until the map is known.
func (c *Cluster) ready(ctx context.Context) error {
	q := clusterCall{cluster: c, ctx: ctx}
	return q.ready()
}

func (q *clusterCall) ready() error {
	c := q.cluster
	for {
		if c.closed.Load() {
			return ErrClusterClosed
		}
		if c.slots.Known() {
			return nil
		}
		r := c.requestRefresh()
		select {
		case <-r.done:
		case <-q.bounds().Done():
			return q.withLast(q.bounds().Err())
		}
		if r.err == nil || c.slots.Known() {
			continue
		}
		if isFinalDial(r.err) {
			return r.err
		}
		if err := q.pause(r.err); err != nil {
			return err
		}
	}
}

// refreshMap asks some nodes and takes over their answers.
func (c *Cluster) refreshMap() error {
	before := c.layoutBefore()
	a := askRound{cluster: c, nodes: c.nodesToAsk(), results: make(chan askResult)}
	if len(a.nodes) == 0 {
		return errNoStartup
	}
	a.run()
	if a.good == 0 {
		return askError(a.errs)
	}
	c.refreshes.answered.Store(time.Now().UnixNano())
	c.removeNodes(a.members)
	if c.LayoutRefresh != nil {
		c.LayoutRefresh(before, c.layout())
	}
	return nil
}

// askRound asks nodes which slots they serve, a few at a time, until one has answered.
type askRound struct {
	cluster *Cluster
	nodes   []string
	started int // the number of nodes that were asked
	running int // the number of questions without an outcome yet
	results chan askResult

	good    int // the number of answers
	members []string
	errs    []error
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
	if r.answer.Members != nil {
		a.members = append(a.members, r.answer.Members.Addrs...)
	}
	if c := a.cluster; c.slots.Apply(r.answer) {
		c.refreshes.noteChange()
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
			a.Members = slotmap.ParseMembers(nodes, host)
		}
		reply, err := do("CLUSTER", "SLOTS")
		if e, ok := serverError(err); ok && strings.Contains(strings.ToLower(string(e)), "unknown subcommand") {
			if reply, err = do("CLUSTER", "SHARDS"); err == nil {
				a.Ranges, err = slotmap.ParseShards(reply, host)
			}
			return err
		}
		if err == nil {
			a.Ranges, err = slotmap.ParseSlots(reply, host)
		}
		return err
	})
	return a, err
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
	defer own.Close()
	by := calling{how: withContext, ctx: limited}
	if !by.works(own) {
		by = plainly
	}
	if err := f(func(cmd string, args ...any) (any, error) { return by.do(own, cmd, args...) }); err != nil {
		return fmt.Errorf("%s: %w", addr, err)
	}
	n.answers.note(nil)
	return nil
}

// askError joins the errors of all nodes. If there are many, the first ones say enough.
func askError(errs []error) error {
	const most = 3
	if more := len(errs) - most; more > 0 {
		errs = append(errs[:most:most], fmt.Errorf("and %d more", more))
	}
	return fmt.Errorf("redispool: no node of the cluster answers: %w", errors.Join(errs...))
}

// removeNodes closes the pools of nodes that have left the cluster. members are the
// nodes that others know; they may lack slots.
func (c *Cluster) removeNodes(members []string) {
	stay := map[string]bool{}
	for _, list := range [][]string{members, c.slots.Masters(), c.slots.Replicas()} {
		for _, addr := range list {
			stay[addr] = true
		}
	}
	var gone []*clusterNode
	c.mu.Lock()
	for addr, n := range c.nodes {
		if !stay[addr] && !c.closed.Load() {
			delete(c.nodes, addr)
			gone = append(gone, n)
		}
	}
	c.mu.Unlock()
	for _, n := range gone {
		n.close()
	}
}

// layoutBefore returns the map for LayoutRefresh, if that is set.
func (c *Cluster) layoutBefore() (all [HashSlots][]string) {
	if c.LayoutRefresh != nil {
		all = c.layout()
	}
	return all
}

func (c *Cluster) layout() (all [HashSlots][]string) {
	for slot := range all {
		if s := c.slots.Shard(slot); s != nil {
			all[slot] = append([]string{s.Master}, s.Replicas...)
		}
	}
	return all
}
