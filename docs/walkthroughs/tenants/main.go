// Tenants lends the connections to many servers from one pool, with a limit for each server
// and one for all of them. It brings the servers itself.
//
//	go run ./docs/walkthroughs/tenants
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	"github.com/respool/respool/resource"
)

func main() { walkthrough.MainAlone("tenants", run) }

// names are those of the tenants, in the order of the columns.
var names = []string{"ada", "bob", "cleo"}

func run(out io.Writer) error {
	servers := map[string]*server{}
	for _, tenant := range names {
		s, err := startServer(tenant)
		if err != nil {
			return err
		}
		defer s.stop()
		servers[tenant] = s
	}
	pool, err := newPool(servers)
	if err != nil {
		return err
	}
	defer pool.Close()
	st := &story{out, servers, pool}
	fmt.Fprintf(out, "%-38s%s\n", "connections to the server of", "ada  bob  cleo")
	for _, chapter := range []func(context.Context) error{st.limits, st.waits, st.leaves} {
		if err := chapter(context.Background()); err != nil {
			return err
		}
	}
	return nil
}

// story uses the pool, and prints how many connections the servers have.
type story struct {
	io.Writer
	servers map[string]*server
	pool    *tenantPool
}

func (s *story) counts(what string) {
	fmt.Fprintf(s, "%-38s", what)
	for i, tenant := range names {
		fmt.Fprintf(s, "%*d", 3+2*min(i, 1), s.servers[tenant].count())
	}
	fmt.Fprintln(s)
}

// take acquires n connections of a tenant.
func (s *story) take(ctx context.Context, tenant string, n int) (held leases, err error) {
	for range n {
		l, err := s.pool.Acquire(ctx, tenant)
		if err != nil {
			return nil, err
		}
		held = append(held, l)
	}
	return held, nil
}

type leases []resource.Lease[*conn]

func (all leases) release() {
	for _, l := range all {
		l.Release()
	}
}

// limits comes to the limit of a tenant, and to that of all.
func (s *story) limits(ctx context.Context) error {
	for _, step := range []struct {
		tenant string
		n      int
		what   string
	}{
		{"ada", 1, "ada: a request"},
		{"bob", 1, "bob: a request"},
		{"ada", 2, "ada: two at a time"},
		{"cleo", 1, "cleo: a request"},
		{"cleo", 2, "cleo: two at a time"},
	} {
		held, err := s.take(ctx, step.tenant, step.n)
		if err != nil {
			return err
		}
		held.release()
		s.counts(step.what)
	}
	held, err := s.take(ctx, "ada", 2)
	if err != nil {
		return err
	}
	_, err = s.pool.TryAcquire(ctx, "ada")
	fmt.Fprintf(s, "%-38s%v\n", "ada: a third one at once", err)
	held.release()
	return nil
}

// waits has a tenant wait for a place that others have.
func (s *story) waits(ctx context.Context) error {
	ada, err := s.take(ctx, "ada", 2)
	if err != nil {
		return err
	}
	cleo, err := s.take(ctx, "cleo", 2)
	if err != nil {
		return err
	}
	// #region waits
	served := make(chan error)
	go func() { served <- s.pool.Do(ctx, "bob", ask) }()
	s.untilWaiting()
	s.counts("bob waits, all are in use")
	cleo[0].Release() // closed, since bob has waited longest
	if err := <-served; err != nil {
		return err
	}
	s.counts("cleo gives one back, and bob is served")
	// #endregion waits
	ada.release()
	cleo.release()
	return nil
}

// untilWaiting returns when somebody is in the queue.
func (s *story) untilWaiting() {
	for s.pool.Stats().Waiting == 0 {
		time.Sleep(time.Millisecond)
	}
}

// leaves removes a tenant, asks for one that is not known, and ends.
func (s *story) leaves(ctx context.Context) error {
	// #region remove
	s.pool.Remove("ada")
	s.counts("ada is removed")
	// #endregion remove
	// #region unknown
	err := s.pool.Do(ctx, "dan", ask)
	var unknown *resource.KeyError
	if errors.As(err, &unknown) {
		fmt.Fprintf(s, "%-38s%v\n", "dan: a request", err)
	}
	// #endregion unknown
	// #region stats
	for _, tenant := range names {
		if st, ok := s.pool.StatsOf(tenant); ok {
			fmt.Fprintf(s, "%-6s lent %d, opened %d, gave its place to others %d\n", tenant+":", st.Acquired, st.Opened, st.Closed.Displaced)
		}
	}
	st := s.pool.Stats()
	fmt.Fprintf(s, "%-6s lent %d, opened %d, at a time at most %d\n", "all:", st.Acquired, st.Opened, st.PeakActive)
	// #endregion stats
	if err := s.pool.Shutdown(ctx); err != nil {
		return err
	}
	s.counts("shut down")
	return nil
}
