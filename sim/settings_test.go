package sim

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger/story"
	"github.com/respool/respool/sim/internal/setting"
)

// Every field of a scenario has a row in the table of settings, and every row a field.
func TestEveryFieldHasASetting(t *testing.T) {
	var rows []string
	for _, s := range setting.All() {
		if slices.Contains(rows, s.Path) {
			t.Errorf("%s stands in the table twice", s.Path)
		}
		rows = append(rows, s.Path)
	}
	known := map[string]bool{}
	for _, path := range fieldsOf(reflect.TypeFor[Scenario](), "") {
		known[path] = true
		if !slices.Contains(rows, path) {
			t.Errorf("%s has no row in the table of settings", path)
		}
	}
	for _, s := range setting.All() {
		if !known[s.Path] && (s.Flag == "" || s.Rule != setting.Free) {
			t.Errorf("%s stands in the table, and is no field", s.Path)
		}
	}
}

// fieldsOf returns the paths of all fields that are values. It descends into structs and
// into lists of structs.
func fieldsOf(of reflect.Type, path string) (all []string) {
	switch {
	case of == reflect.TypeFor[Dist]():
		return []string{path}
	case of.Kind() == reflect.Pointer:
		return fieldsOf(of.Elem(), path)
	case of.Kind() == reflect.Slice:
		return fieldsOf(of.Elem(), path+"[]")
	case of.Kind() != reflect.Struct:
		return []string{path}
	}
	for name, i := range setting.Fields(of) {
		all = append(all, fieldsOf(of.Field(i).Type, strings.TrimPrefix(path+"."+name, "."))...)
	}
	return all
}

// A field whose values have a rule is validated: a value that breaks the rule is refused
// with the field's path.
func TestEverySettingIsValidated(t *testing.T) {
	for _, s := range setting.All() {
		switch s.Rule {
		case setting.Free, setting.File:
			continue
		}
		sc := everything()
		if strings.HasPrefix(s.Path, "workload.closed.") {
			sc = closedScenario()
		} else if strings.HasPrefix(s.Path, "workload.open.") {
			sc = withOpenLoop(strings.TrimPrefix(s.Path, "workload.open."))
		}
		if strings.HasPrefix(s.Path, "world.stalls") {
			sc.World.Stalls = []Interval{{At: sec, For: sec}}
		}
		n := 0
		_, _ = s.Each(sc, func(v reflect.Value) error {
			n++
			switch v.Kind() {
			case reflect.Struct:
				v.Set(reflect.ValueOf(constant(-1)))
			case reflect.String:
				v.SetString("neither")
			case reflect.Float64:
				v.SetFloat(-1)
			default:
				v.SetInt(-2)
			}
			return nil
		})
		path := strings.ReplaceAll(s.Path, "[]", "[0]")
		if err := sc.Validate(); n == 0 || err == nil || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s, set to a bad value in %d places: %v", s.Path, n, err)
		}
	}
}

// ofTheSimulation are the fields of a pool for which the ledger has no setting. The
// simulation does itself what they say.
var ofTheSimulation = []string{"wait", "close_timeout", "open_detached", "open_timeout"}

// Every field of a pool goes into the settings of a story's pool, and by them into the
// ledger's configuration, or is the simulation's own.
func TestEveryFieldOfThePoolIsMapped(t *testing.T) {
	without := setting.PoolOf(&Scenario{})
	for name := range setting.Fields(reflect.TypeFor[Pool]()) {
		sc := &Scenario{}
		f := setting.Setting{Path: "pool." + name}
		switch v := f.Of(sc); v.Kind() {
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
		case reflect.String:
			v.SetString("fifo")
		case reflect.Bool:
			v.SetBool(true)
		default:
			v.SetInt(3)
		}
		if mapped := !reflect.DeepEqual(setting.PoolOf(sc), without); mapped == slices.Contains(ofTheSimulation, name) {
			t.Errorf("pool.%s is a setting of the ledger, and among the fields of the simulation: both are %t", name, mapped)
		}
	}
	for name := range setting.Fields(reflect.TypeFor[Test]()) {
		sc := &Scenario{Pool: Pool{Test: &Test{}}}
		f := setting.Setting{Path: "pool.test." + name}
		before := setting.PoolOf(sc)
		if f.Of(sc).SetInt(3); reflect.DeepEqual(setting.PoolOf(sc), before) {
			t.Errorf("pool.test.%s is not mapped", name)
		}
	}
}

// Limits of a scenario are those of resource.Config, and a ledger has no special values.
func TestLimitsOfThePool(t *testing.T) {
	sc := &Scenario{Seed: 5, Pool: Pool{MaxActive: math.MaxInt, MaxIdle: -1, MinIdle: 2, WaitTimeout: 3, MaxAge: 9}}
	want := story.Unlimited()
	want.MaxIdle, want.MinIdle, want.WaitTimeout, want.MaxAge, want.Seed = 0, 2, 3, 9, 5
	if got := setting.PoolOf(sc); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	own := policy.MaxUses(1)
	sc.Pool.Lifetime = own
	if got := sc.config(nil).Lifetime; got != own {
		t.Errorf("the lifetime is %v, want that of the scenario, %v", got, own)
	}
}

// withOpenLoop is a scenario with the open loop that has a field.
func withOpenLoop(field string) *Scenario {
	sc := simple()
	o := &OpenLoop{}
	switch {
	case field == "constant":
		o.Constant = 1
	case strings.HasPrefix(field, "bursts"):
		o = burstScenario().Workload.Open
	case strings.HasPrefix(field, "phases"):
		o = everything().Workload.Open
	case strings.HasPrefix(field, "trace"):
		o.Trace = []Duration{1}
	default:
		o.Poisson = 1
	}
	sc.Workload.Open = o
	return sc
}
