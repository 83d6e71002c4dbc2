package resource

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// TestPolicyPanicEndsTheProgram runs the test binary again, because a process
// cannot watch its own end.
func TestPolicyPanicEndsTheProgram(t *testing.T) {
	const variable = "RESPOOL_TEST_POLICY_PANIC"
	policies := map[string]func(*Config[int]){
		"lifetime": func(c *Config[int]) {
			c.Lifetime = policy.LifetimeFunc(func(policy.Info) policy.Expiry { panic("broken lifetime") })
		},
		"eviction": func(c *Config[int]) {
			c.Eviction = policy.EvictionFunc(func(policy.Info) policy.IdleLimit { panic("broken eviction") })
		},
		"gate": func(c *Config[int]) {
			always := policy.Test(func(context.Context, int, time.Time) error { return nil })
			c.BorrowTest = policy.When(policy.GateFunc(func(policy.Info) policy.Instant { panic("broken gate") }), always)
		},
	}
	if name := os.Getenv(variable); name != "" {
		cfg := Config[int]{Open: func(context.Context) (int, error) { return 1, nil }, MaxActive: 1}
		policies[name](&cfg)
		useWithBrokenPolicy(cfg)
		return
	}
	for name := range policies {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestPolicyPanicEndsTheProgram$")
			cmd.Env = append(os.Environ(), variable+"="+name)
			out, err := cmd.CombinedOutput()
			want := "resource: a policy panicked: broken " + name
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("the program ended with %v and printed\n%s\nwant %q", err, out, want)
			}
		})
	}
}

// useWithBrokenPolicy recovers from every panic, as a server's handlers do, and does not
// return before the program has ended.
func useWithBrokenPolicy(cfg Config[int]) {
	p, err := New(cfg)
	if err != nil {
		panic(err)
	}
	func() {
		defer func() { recover() }()
		lease, err := p.Acquire(context.Background())
		if err == nil {
			lease.Release()
		}
	}()
	select {}
}

func TestOwnPoliciesNeedNoGuard(t *testing.T) {
	user := policy.GateFunc(func(policy.Info) policy.Instant { return 0 })
	test := policy.Test(func(context.Context, int, time.Time) error { return nil })
	gateOf := func(t policy.BorrowTest[int]) policy.Gate { return t.Checks()[0].Gate }
	for _, c := range []struct {
		name string
		p    any
		want bool
	}{
		{"MaxAge", policy.MaxAge(1), true},
		{"MaxUses", policy.MaxUses(1), true},
		{"Earliest", policy.Earliest(policy.MaxAge(1)), false},
		{"LifetimeFunc", policy.LifetimeFunc(nil), false},
		{"IdleTimeout", policy.IdleTimeout(1), true},
		{"EvictionFunc", policy.EvictionFunc(nil), false},
		{"Test", gateOf(test), true},
		{"IfIdleFor", gateOf(policy.IfIdleFor(1, test)), true},
		{"IfIdleFor of AtMostEvery", gateOf(policy.IfIdleFor(1, policy.AtMostEvery(1, test))), false},
		{"When", gateOf(policy.When(user, test)), false},
	} {
		if got := isBuiltin(c.p); got != c.want {
			t.Errorf("ours(%s) is %v, want %v", c.name, got, c.want)
		}
	}
}
