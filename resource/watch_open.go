package resource

import "context"

// beforeOpen calls the observers that may add to the context of an opening, and returns that context. s is
// the acquire that opens; nil: none does.
func (p *core[T]) beforeOpen(ctx context.Context, s *seen) context.Context {
	if p.watch == nil || len(p.watch.atOpens) == 0 {
		return ctx
	}
	if s != nil {
		if s.ctx == nil { // it opens for the first time
			began := p.clock.time(s.began)
			s.ctx = p.watch.addTo(ctx, func(o OpenObserver, ctx context.Context) context.Context {
				return o.AcquireOpens(ctx, p.watch.name, began)
			})
		}
		ctx = s.ctx
	}
	return p.watch.addTo(ctx, func(o OpenObserver, ctx context.Context) context.Context {
		return o.OpenBegins(ctx, p.watch.name)
	})
}

// addTo has each observer add to a context. They are called on goroutines of their own, so
// that neither a panic nor a Goexit interrupts the opening.
func (w *watch) addTo(ctx context.Context, add func(OpenObserver, context.Context) context.Context) context.Context {
	for _, o := range w.atOpens {
		done := make(chan struct{})
		go func() {
			defer close(done)
			returned := false
			defer func() {
				if !returned {
					w.notePanic()
					recover()
				}
			}()
			added := add(o, ctx)
			if added != nil {
				ctx = added
			}
			returned = true
		}()
		<-done
	}
	return ctx
}
