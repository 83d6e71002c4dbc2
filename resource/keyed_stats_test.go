package resource

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestKeyedStats(t *testing.T) {
	inKeyedWorld(t, keyedConfig{MaxActive: 5, MaxIdle: 4}, thingConfig{MaxActive: 2}, func(w *keyedWorld) {
		a := w.take("a", "a1")
		w.take("b", "b2").Release()
		by := maps.Collect(w.k.StatsByKey())
		if len(by) != 2 || by["a"].Leased != 1 || by["b"].Idle != 1 || by["b"].MaxActive != 2 {
			t.Errorf("got %v", by)
		}
		if _, ok := w.k.StatsOf("c"); ok {
			t.Error("there are counts of a key that is not there")
		}
		want := "resource.Keyed[string, resource.keyedThing]{keys 2; active 2 of 5: opening 0, testing 0, idle 1 of 4, leased 1, closing 0; " +
			"waiting 0; acquired 2, opened 2, peak active 2, peak leased 2, peak idle 1}"
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			if got := fmt.Sprintf(verb, w.k); got != want {
				t.Errorf("%s: %s\nwant %s", verb, got, want)
			}
		}
		a.Release()
	})
}

// Stats adds all counts of all keys, also of keys that are gone. The limits and the
// high-water marks have no sum, and shared has some for all keys.
func TestStatsAdd(t *testing.T) {
	ofShared := []string{"WaitDuration", "CloseErrors", "ObserverPanics", "Histograms"}
	var one, sum Stats
	n := 0
	fill(reflect.ValueOf(&one).Elem(), &n)
	sum.add(one)
	sum.add(one)
	var compare func(name string, one, sum reflect.Value)
	compare = func(name string, one, sum reflect.Value) {
		for i := range one.NumField() {
			f := one.Type().Field(i)
			switch {
			case f.Type.Kind() == reflect.Struct:
				compare(name+f.Name+".", one.Field(i), sum.Field(i))
			case strings.HasPrefix(f.Name, "Peak"), strings.HasPrefix(f.Name, "Max"), slices.Contains(ofShared, f.Name):
			case fmt.Sprint(sum.Field(i)) != fmt.Sprint(2*number(one.Field(i))):
				t.Errorf("%s%s: twice %v is %v", name, f.Name, one.Field(i), sum.Field(i))
			}
		}
	}
	compare("", reflect.ValueOf(one), reflect.ValueOf(sum))
}

func number(v reflect.Value) int64 {
	if v.CanUint() {
		return int64(v.Uint())
	}
	return v.Int()
}
