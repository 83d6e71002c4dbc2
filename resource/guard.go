package resource

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/respool/respool/policy"
)

// A policy runs while the lock is held. If it panicked and a caller further up recovered,
// the lock would stay held, and the pool would hang without a message. So a user's policy
// is called through a guard. For a policy that panicked the guard answers "no limit" and
// keeps the panic. Then unlock ends the program with that panic, like any panic without a
// recover.

// guard keeps the first panic of a policy, with its stack. The pool's lock guards it.
type guard struct{ caught *caught }

type caught struct {
	what  any
	stack []byte
}

// catch is deferred where a policy is called. *returned says whether the policy has
// returned.
func (g *guard) catch(returned *bool) {
	if *returned {
		return
	}
	r := recover()
	if g.caught != nil {
		return
	}
	g.caught = &caught{r, debug.Stack()}
	if r == nil { // Goexit: the goroutine never comes to unlock
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

// guarded is a policy behind a guard.
type guarded[A any] struct {
	*guard
	policy any
	answer func(policy.Info) A // the policy's method
}

func (g guarded[A]) Steady() (time.Duration, bool) { return policy.IsSteady(g.policy) }

func (g guarded[A]) ask(r policy.Info) (a A) {
	returned := false
	defer g.catch(&returned)
	a = g.answer(r)
	returned = true
	return a
}

type (
	guardedLifetime struct{ guarded[policy.Expiry] }
	guardedEviction struct{ guarded[policy.IdleLimit] }
	guardedGate     struct{ guarded[policy.Instant] }
)

func (g guardedLifetime) Expiry(r policy.Info) policy.Expiry       { return g.ask(r) }
func (g guardedEviction) IdleLimit(r policy.Info) policy.IdleLimit { return g.ask(r) }
func (g guardedGate) From(r policy.Info) policy.Instant            { return g.ask(r) }

func (g *guard) lifetime(l policy.Lifetime) policy.Lifetime {
	if l == nil || isBuiltin(l) {
		return l
	}
	return guardedLifetime{guarded[policy.Expiry]{g, l, l.Expiry}}
}

func (g *guard) eviction(e policy.Eviction) policy.Eviction {
	if e == nil || isBuiltin(e) {
		return e
	}
	return guardedEviction{guarded[policy.IdleLimit]{g, e, e.IdleLimit}}
}

func (g *guard) gate(o policy.Gate) policy.Gate {
	if isBuiltin(o) {
		return o
	}
	return guardedGate{guarded[policy.Instant]{g, o, o.From}}
}

// isBuiltin reports whether a policy is one of package policy's own that calls no
// code of others. Such a policy needs no guard, and a guard costs some nanoseconds.
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
