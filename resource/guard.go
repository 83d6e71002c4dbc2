package resource

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/respool/respool/policy"
)

// A policy runs while the lock is held. If it panicked there, and somebody
// further up recovered, the lock would stay held and the pool be dead without a
// word. So a user's policy is called through a guard, which answers "no limit"
// for one that panicked and keeps the panic; unlock then ends the program with
// it, as a panic ends any goroutine that nobody recovers.

// guard keeps the first panic of a policy, with where it happened. It belongs to
// the pool's lock.
type guard struct{ caught *caught }

type caught struct {
	what  any
	stack []byte
}

// catch is deferred by the guards; *returned tells whether the policy has.
func (g *guard) catch(returned *bool) {
	if *returned {
		return
	}
	r := recover()
	if g.caught != nil {
		return
	}
	g.caught = &caught{r, debug.Stack()}
	if r == nil { // the goroutine goes on exiting, and never comes to unlock
		g.crash()
	}
}

// crash ends the program. The text is made on another goroutine, since the value
// of the panic may have a method that calls the pool.
func (g *guard) crash() {
	what, stack := g.caught.what, g.caught.stack
	go func() {
		if what == nil {
			panic(fmt.Sprintf("resource: a policy called runtime.Goexit\n\n%s", stack))
		}
		panic(fmt.Sprintf("resource: a policy panicked: %v\n\n%s", what, stack))
	}()
}

type guardedLifetime struct {
	*guard
	policy.Lifetime
}

func (g guardedLifetime) Steady() (time.Duration, bool) { return policy.IsSteady(g.Lifetime) }

func (g guardedLifetime) Expiry(r policy.Info) (l policy.Expiry) {
	returned := false
	defer g.catch(&returned)
	l = g.Lifetime.Expiry(r)
	returned = true
	return l
}

type guardedEviction struct {
	*guard
	policy.Eviction
}

func (g guardedEviction) Steady() (time.Duration, bool) { return policy.IsSteady(g.Eviction) }

func (g guardedEviction) IdleLimit(r policy.Info) (s policy.IdleLimit) {
	returned := false
	defer g.catch(&returned)
	s = g.Eviction.IdleLimit(r)
	returned = true
	return s
}

type guardedGate struct {
	*guard
	policy.Gate
}

func (g guardedGate) Steady() (time.Duration, bool) { return policy.IsSteady(g.Gate) }

func (g guardedGate) From(r policy.Info) (i policy.Instant) {
	returned := false
	defer g.catch(&returned)
	i = g.Gate.From(r)
	returned = true
	return i
}

func (g *guard) lifetime(l policy.Lifetime) policy.Lifetime {
	if l == nil || isBuiltin(l) {
		return l
	}
	return guardedLifetime{g, l}
}

func (g *guard) eviction(e policy.Eviction) policy.Eviction {
	if e == nil || isBuiltin(e) {
		return e
	}
	return guardedEviction{g, e}
}

func (g *guard) gate(o policy.Gate) policy.Gate {
	if isBuiltin(o) {
		return o
	}
	return guardedGate{g, o}
}

// isBuiltin reports whether a policy is one of package policy's own that calls no
// code of others: then it needs no guard, which costs some nanoseconds.
func isBuiltin(p any) bool {
	t := reflect.TypeOf(p)
	if t.PkgPath() != reflect.TypeFor[policy.Expiry]().PkgPath() {
		return false
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		return true
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).Type.Kind() == reflect.Interface {
				return false
			}
		}
		return true
	}
	return false
}
