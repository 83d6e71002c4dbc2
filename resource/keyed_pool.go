package resource

// Pool returns the pool of a key, which it makes if there is none. The methods of the
// pool concern the key alone, and obey the limits over all keys as well: use it where
// one key is to be resized, reset or shut down, or where a function takes a Pool.
//
// The key is kept from then on, even if it is empty for longer than
// [KeyedConfig.KeepEmpty], until Remove or the Close of its pool. After either, acquires
// of the pool get [ErrClosed], and the next acquire of the Keyed makes the key again.
//
// As long as the program refers to the pool, the Keyed is not closed by the garbage
// collector. The error is [ErrClosed], or a [*KeyError] if the key has no configuration.
// Pool panics if K is an interface type and the key's value cannot be compared.
func (k *Keyed[K, T]) Pool(key K) (*Pool[T], error) {
	p, _, err := k.lockPool(key)
	if err != nil {
		return nil, err
	}
	m := p.member
	m.keep = true
	if m.isEmpty {
		k.empty.remove(m)
	}
	p.unlockDelegating()
	return p, nil
}

// dropKeyLocked forgets a key whose pool has been shut.
func (k *Keyed[K, T]) dropKeyLocked(m *member[T]) {
	key, _ := m.key.(K) // a nil interface is a key, too
	if p := k.pools[key]; p != nil && p.core == m.core {
		delete(k.pools, key)
	}
}

// idleLimit is the limit of idle resources of a key. If none are kept over all keys, none
// are kept of this one.
func (m *member[T]) idleLimit(maxIdle int) int {
	if _, total := m.shared.total.Limits(); total == 0 {
		return 0
	}
	return maxIdle
}
