package redispool

import (
	"errors"
	"fmt"

	"github.com/respool/respool/resource"
)

// total is limits over the pools of several nodes. A nil total stands for no limit over all
// nodes.
type total struct {
	keyed              *resource.Keyed[*totalKey, *pooled]
	maxActive, maxIdle int
}

// totalKey is the key of a pool. A node that leaves the cluster and comes back gets
// another pool, so its address would not do. The configuration is there only while the pool
// is made: it refers to the cluster, and a Keyed whose key refers to it is never collected.
type totalKey struct {
	addr   string // of the node
	config resource.Config[*pooled]
}

// String is what errors say of the key.
func (k *totalKey) String() string { return k.addr }

func newTotal(maxActive, maxIdle int) *total {
	t := &total{maxActive: max(maxActive, 0), maxIdle: max(maxIdle, 0)}
	if t.maxActive == 0 && t.maxIdle == 0 {
		return nil
	}
	var err error
	t.keyed, err = resource.NewKeyed(resource.KeyedConfig[*totalKey, *pooled]{
		Config:    func(k *totalKey) (resource.Config[*pooled], error) { return k.config, nil },
		MaxActive: t.maxActive,
		MaxIdle:   t.maxIdle,
	})
	if err != nil {
		panic(err) // the limits are valid
	}
	return t
}

// check compares the fields of a node's pool with the limits.
func (t *total) check(minIdle, share int) error {
	switch {
	case t == nil:
		return nil
	case t.maxActive > 0 && minIdle > t.maxActive:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Cluster.MaxActive, which is %d", minIdle, t.maxActive)
	case t.maxIdle > 0 && minIdle > t.maxIdle:
		return fmt.Errorf("redispool: Pool.MinIdle is %d, above Cluster.MaxIdle, which is %d", minIdle, t.maxIdle)
	case t.maxActive > 0 && share >= t.maxActive:
		return fmt.Errorf("redispool: Pool.Share is %d, must be less than Cluster.MaxActive, which is %d", share, t.maxActive)
	case t.maxIdle > 0 && share > t.maxIdle:
		return fmt.Errorf("redispool: Pool.Share is %d, above Cluster.MaxIdle, which is %d", share, t.maxIdle)
	}
	return nil
}

// newPool makes the pool of a node under the limits.
func (t *total) newPool(p *Pool, c resource.Config[*pooled]) (*resource.Pool[*pooled], error) {
	if t == nil {
		return resource.New(c)
	}
	key := &totalKey{p.node.addr, c}
	pool, err := t.keyed.Pool(key)
	key.config = resource.Config[*pooled]{}
	if errors.Is(err, resource.ErrClosed) {
		return nil, ErrPoolClosed
	}
	return pool, err
}

func (t *total) close() {
	if t != nil {
		t.keyed.Close()
	}
}
