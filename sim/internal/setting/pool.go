package setting

import (
	"fmt"
	"reflect"
	"time"

	"github.com/respool/respool/resource/ledger"
	"github.com/respool/respool/resource/ledger/story"
)

// PoolOf returns the settings of a scenario's pool, with the names that they have in a
// story. The scenario is given by a pointer.
func PoolOf(scenario any) story.Pool {
	p := story.Unlimited()
	for _, s := range All() {
		if s.Story == "" {
			continue
		}
		// The function has no error.
		_, _ = s.Each(scenario, func(v reflect.Value) error {
			put(p.Setting(s.Story), v)
			return nil
		})
	}
	return p
}

// put sets a pool's setting to the value of a scenario's field.
func put(to any, v reflect.Value) {
	switch to := to.(type) {
	case *int:
		// Zero means the default: no limit for MaxActive, nothing for MinIdle.
		if n := v.Int(); n != 0 {
			*to = int(min(max(n, 0), ledger.NoLimit))
		}
	case *time.Duration:
		*to = time.Duration(v.Int())
	case *uint64:
		*to = v.Uint()
	case *bool:
		*to = v.String() == "fifo"
	case *[]story.Test:
		if !v.IsNil() {
			when := func(name string) time.Duration { return time.Duration(field(v.Elem(), name).Int()) }
			*to = []story.Test{{IfIdleFor: when("if_idle_for"), AtMostEvery: when("at_most_every")}}
		}
	default:
		panic(fmt.Sprintf("setting: no story has a setting of type %T", to))
	}
}
