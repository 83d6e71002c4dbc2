package check

import (
	"reflect"
	"strings"
	"testing"

	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/setting"
)

// A search draws every setting of a pool, and every fault: a field that no seed sets is
// never searched.
func TestEverySettingIsDrawn(t *testing.T) {
	inScenarios, inStories := map[string]bool{}, map[string]bool{}
	standard := reflect.ValueOf(story.Unlimited())
	for seed := range uint64(500) {
		sc := Swarm(seed)
		for _, s := range setting.All() {
			_, _ = s.Each(sc, func(v reflect.Value) error {
				inScenarios[s.Path] = inScenarios[s.Path] || !v.IsZero()
				return nil
			})
		}
		p := reflect.ValueOf(drawStoryPool(drawFrom(seed, walking)))
		for i := range p.NumField() {
			inStories[p.Type().Field(i).Name] = inStories[p.Type().Field(i).Name] || !reflect.DeepEqual(p.Field(i).Interface(), standard.Field(i).Interface())
		}
	}
	for _, s := range setting.All() {
		of, _, _ := strings.Cut(s.Path, ".")
		if (of == "pool" || of == "world" || of == "clients" || of == "fleet") && !inScenarios[s.Path] {
			t.Errorf("no scenario of the search has %s", s.Path)
		}
	}
	for name, drawn := range inStories {
		if !drawn {
			t.Errorf("no walk has a pool with %s", name)
		}
	}
}
