package story

import (
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

// full is a pool in which every setting has an effect.
func full() Pool {
	return Pool{
		MaxActive: 9, MaxIdle: 8, MinIdle: 1, MaxWaiters: 7, WaitTimeout: time.Hour, FIFO: true,
		MaxAge: 24 * time.Hour, Jitter: time.Hour, ReplaceAhead: time.Minute, Reserve: 3, ShedTarget: time.Second, ShedInterval: time.Minute, MaxUses: 6, IdleTimeout: 5 * time.Minute, Keep: 2, OpenBackoff: time.Second, TestSuspects: true,
		Tests:         []Test{{}, {IfIdleFor: time.Minute}, {AtMostEvery: 90 * time.Second}},
		TestIdleEvery: 30 * time.Second,
		Seed:          math.MaxUint64,
	}
}

// Every field of a pool has a row among the settings, and every setting goes to the
// text and back, and into the ledger's configuration.
func TestEveryFieldIsASetting(t *testing.T) {
	p, standard := full(), Unlimited()
	fields := map[any]bool{}
	for _, s := range settings {
		fields[s.of(&p)] = true
	}
	whole, config := p.String(), p.Config()
	v := reflect.ValueOf(&p).Elem()
	for i := range v.NumField() {
		field, name := v.Field(i), v.Type().Field(i).Name
		if !fields[field.Addr().Interface()] {
			t.Errorf("%s has no row among the settings", name)
		}
		if reflect.DeepEqual(field.Interface(), reflect.ValueOf(standard).Field(i).Interface()) {
			t.Errorf("%s has its default in the full pool", name)
		}
		kept := reflect.ValueOf(field.Interface())
		field.Set(reflect.ValueOf(standard).Field(i))
		if p.String() == whole {
			t.Errorf("%s is not in the text", name)
		}
		if reflect.DeepEqual(p.Config(), config) {
			t.Errorf("%s has no effect on the ledger's configuration", name)
		}
		field.Set(kept)
	}
	back, err := parsePool(whole)
	if err != nil || !reflect.DeepEqual(back, p) {
		t.Errorf("parsed: %+v, %v\nwritten: %s", back, err, whole)
	}
}

// A test with two conditions is due when both hold.
func TestTwoConditions(t *testing.T) {
	both := Test{IfIdleFor: time.Minute, AtMostEvery: time.Hour}
	idle := Test{IfIdleFor: time.Minute}
	c := Pool{MaxActive: 1, MaxIdle: 1, Tests: []Test{both, idle}}.Config()
	info := policy.Info{}
	if from := c.Gates[0].From(info); from != policy.Instant(time.Hour) {
		t.Errorf("due from %v on, want 1h", from)
	}
	if from := c.Gates[1].From(info); from != policy.Instant(time.Minute) {
		t.Errorf("with one condition: due from %v on, want 1m", from)
	}
}
