package resource

import "context"

// inAdvance is the key of a context's value.
type inAdvance struct{}

// InAdvance reports whether a call of Config.Open opens a resource for MinIdle, on
// a goroutine of the pool's, while no acquirer waits for it. ctx is the context
// that Open was called with. Such an Open has time to find out whether the
// resource is good.
func InAdvance(ctx context.Context) bool { return ctx.Value(inAdvance{}) != nil }
