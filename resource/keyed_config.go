package resource

import (
	"errors"
	"fmt"
	"time"
)

// KeyedConfig configures a [Keyed]. Only Config is required; the zero value of every
// other field is a default that is documented with it.
type KeyedConfig[K comparable, T any] struct {
	// Config returns the configuration of a key's pool. It is called when an acquire
	// finds no pool of its key: the first time, after the key was dropped (see
	// KeepEmpty), and after Remove. Its limits are those of the key alone. Config
	// runs on the acquiring goroutine, without holding a lock, and concurrently, also
	// for the same key; then one of the results is used. It should return soon, since
	// the acquirer's context does not interrupt it.
	//
	// If Config returns an error, or a configuration that is invalid, the acquire
	// returns a [*KeyError], and the next acquire calls Config again. A panic goes
	// on in the acquirer.
	Config func(key K) (Config[T], error)

	// MaxActive is how many resources exist at most over all keys, in any state. Zero: no
	// limit.
	MaxActive int

	// MaxIdle is how many idle resources are kept over all keys. When one more comes
	// back, the one that has been idle longest is closed, whatever its key. Zero: no
	// limit. KeepNone: no idle resource is kept; then no key may have a MinIdle.
	MaxIdle int

	// KeepEmpty is how long a key without resources and callers is kept. Then the key is
	// dropped and takes no memory. It is made again when it is needed. A key with a
	// MinIdle is kept until Remove. Zero: a minute.
	KeepEmpty time.Duration
}

const defaultKeepEmpty = time.Minute

// validate returns an error that names the first invalid field.
func (c *KeyedConfig[K, T]) validate() error {
	switch {
	case c.Config == nil:
		return errors.New("resource: KeyedConfig.Config is nil")
	case c.MaxActive < 0:
		return fmt.Errorf("resource: KeyedConfig.MaxActive is %d, must not be negative", c.MaxActive)
	case c.MaxIdle < KeepNone:
		return fmt.Errorf("resource: KeyedConfig.MaxIdle is %d, must be KeepNone (%d) or not negative", c.MaxIdle, KeepNone)
	case c.KeepEmpty < 0:
		return fmt.Errorf("resource: KeyedConfig.KeepEmpty is %v, must not be negative", c.KeepEmpty)
	}
	return nil
}

// validateMember returns an error if the pool of a key cannot have the
// configuration, or cannot have it together with the total limits.
func (c *Config[T]) validateMember(maxActive, maxIdle int) error {
	if err := c.validate(); err != nil {
		return err
	}
	switch {
	case c.MinIdle > maxActive:
		return fmt.Errorf("resource: Config.MinIdle is %d, above KeyedConfig.MaxActive, which is %d", c.MinIdle, maxActive)
	case c.MinIdle > maxIdle:
		return fmt.Errorf("resource: Config.MinIdle is %d, above KeyedConfig.MaxIdle, which allows %d", c.MinIdle, maxIdle)
	}
	return nil
}
