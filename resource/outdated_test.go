package resource_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// TestOutdated: a holder learns that the pool would close its resource, whatever the reason is.
func TestOutdated(t *testing.T) {
	for name, c := range map[string]struct {
		set func(*resource.Config[int])
		age func(*resource.Pool[int])
	}{
		"lifetime": {func(c *resource.Config[int]) { c.Lifetime = policy.MaxAge(time.Minute) }, func(*resource.Pool[int]) { time.Sleep(time.Minute) }},
		"uses":     {func(c *resource.Config[int]) { c.Lifetime = policy.MaxUses(1) }, nil},
		"Reset":    {nil, func(p *resource.Pool[int]) { p.Reset() }},
		"Retire":   {nil, func(p *resource.Pool[int]) { p.Retire(func(int) bool { return true }) }},
		"Close":    {nil, func(p *resource.Pool[int]) { p.Close() }},
		"never":    {nil, func(*resource.Pool[int]) { time.Sleep(time.Hour) }},
		"shrunk": {nil, func(p *resource.Pool[int]) {
			p.Acquire(context.Background())
			p.Resize(1, 1)
		}},
	} {
		for _, way := range []string{"", "lane", "loans"} {
			synctest.Test(t, func(t *testing.T) {
				config := resource.Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 3, MaxIdle: 3}
				if way == "loans" { // a lease does not refer to the resource's entry
					config.LeakAfter = 1000 * time.Hour
				}
				if c.set != nil {
					c.set(&config)
				}
				p, err := resource.New(config)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				if way == "lane" { // the second lease of a resource may come from the fast lane
					first, _ := p.Acquire(t.Context())
					first.Release()
				}
				lease, err := p.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if name != "uses" && lease.Outdated() {
					t.Errorf("%s, %s: outdated from the start", name, way)
				}
				if c.age != nil {
					c.age(p)
				}
				if got, want := lease.Outdated(), name != "never"; got != want {
					t.Errorf("%s, %s: outdated is %v", name, way, got)
				}
				lease.Release()
				if !lease.Outdated() {
					t.Errorf("%s, %s: a lease that is over is not outdated", name, way)
				}
			})
		}
	}
}
