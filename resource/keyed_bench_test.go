package resource_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/respool/respool/resource"
)

// In BenchmarkKeyed one goroutine takes and gives back a resource, each time of the next
// key. With "idle" it finds an idle resource. With "displaced" the pool is at MaxActive,
// so each cycle closes the resource that has been idle longest, and opens one. Neither
// depends on how many keys there are, apart from what the processor's caches hold.
func BenchmarkKeyed(b *testing.B) {
	for _, keys := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("idle/keys=%d", keys), func(b *testing.B) { benchKeyed(b, keys, keys) })
	}
	for _, keys := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("displaced/keys=%d", keys), func(b *testing.B) { benchKeyed(b, keys, keys/2) })
	}
}

// BenchmarkKeyedParallel is BenchmarkKeyed on several goroutines.
func BenchmarkKeyedParallel(b *testing.B) {
	for _, keys := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			k := newBenchKeyed(b, 2*keys)
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 1) % keys {
					cycle(b, k, i)
				}
			})
		})
	}
}

func benchKeyed(b *testing.B, keys, maxActive int) {
	b.ReportAllocs()
	k := newBenchKeyed(b, maxActive)
	for i := range keys {
		cycle(b, k, i)
	}
	i := 0
	for b.Loop() {
		cycle(b, k, i)
		if i++; i == keys {
			i = 0
		}
	}
}

func newBenchKeyed(b *testing.B, maxActive int) *resource.Keyed[int, *int] {
	k, err := resource.NewKeyed(resource.KeyedConfig[int, *int]{
		MaxActive: maxActive,
		Config: func(int) (resource.Config[*int], error) {
			return resource.Config[*int]{Open: func(context.Context) (*int, error) { return new(int), nil }, MaxActive: 4}, nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { k.Close() })
	return k
}

func cycle(b *testing.B, k *resource.Keyed[int, *int], key int) {
	l, err := k.Acquire(context.Background(), key)
	if err != nil {
		b.Fatal(err)
	}
	l.Release()
}
