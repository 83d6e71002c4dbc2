package live

import (
	"context"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/sim"
)

// keyed is the pools of all keys, under the limits over all of them.
type keyed = resource.Keyed[int, *conn]

// newKeys makes a player for each key, whose pool is that of the key. The first one
// starts the requests for all keys.
func (r *run) newKeys() error {
	k := &r.whole.Keys
	r.result.Each = make([]Instance, k.Count)
	budget := newBucket(r.whole)
	for i := range k.Count {
		sc := r.whole.Key(i)
		r.all = append(r.all, &player{run: r, sc: sc, number: i, draws: sim.NewSampler(sc), bucket: budget, left: sc.Requests})
	}
	r.ofKeys = sim.NewSampler(r.whole)
	var err error
	r.keys, err = resource.NewKeyed(resource.KeyedConfig[int, *conn]{
		Config:    func(key int) (resource.Config[*conn], error) { return r.all[key].config(), nil },
		MaxActive: k.MaxActive, MaxIdle: k.MaxIdle,
	})
	if err != nil {
		return err
	}
	for i, p := range r.all {
		if p.pool, err = r.keys.Pool(i); err != nil {
			return err
		}
	}
	return nil
}

// endKeys closes all connections.
func (r *run) endKeys() { _ = r.keys.Shutdown(context.Background()) } // the context has no end
