package slotmap

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestSlot(t *testing.T) {
	for key, want := range map[string]int{
		"123456789":           0x31c3, // the check value of CRC-16/XMODEM
		"":                    0,
		"a":                   15495,
		"b":                   3300,
		"foo":                 12182,
		"bar":                 5061,
		"{foo}bar":            12182,
		"x{foo}{bar}":         12182,
		"foo{}{bar}":          8363,
		"foo{{bar}}zap":       4015,
		"{foo":                Slot("{foo"),
		"{user1000}.followed": 3443,
	} {
		if got := Slot(key); got != want {
			t.Errorf("Slot(%q) = %d, want %d", key, got, want)
		}
	}
	if Slot("foo{{bar}}zap") != Slot("{bar") || Slot("}{a}") != Slot("a") {
		t.Error("the hash tag is not the text between the first { and the next }")
	}
	want := [][]string{{"b", "{b}1"}, {"a", "{a}2", "a"}}
	if got := Split([]string{"a", "b", "{a}2", "{b}1", "a"}); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

// owner is one shard that has all slots.
func owner(id string, replicas ...string) []Range {
	return []Range{{0, Slots - 1, &Shard{id, "at-" + id, replicas}}}
}

func epochs(of ...any) *Members {
	m := &Members{Epochs: map[string]uint64{}}
	for i := 0; i < len(of); i += 2 {
		m.Epochs[of[i].(string)] = uint64(of[i+1].(int))
	}
	return m
}

// TestVersions has the answers to questions in the order in which they come, with the numbers of the questions.
func TestVersions(t *testing.T) {
	type answer struct {
		asked   uint64
		id      string
		members *Members
		want    string // the owner afterwards
	}
	for name, answers := range map[string][]answer{
		"an answer that comes late": {
			{2, "b", epochs("a", 1, "b", 1), "b"},
			{1, "a", epochs("a", 1, "b", 1), "b"},
		},
		"a node that has not heard of the failover": {
			{1, "a", epochs("a", 1, "b", 1), "a"},
			{2, "b", epochs("a", 7, "b", 7), "b"},
			{3, "a", epochs("a", 1, "b", 1), "b"},
			{4, "b", epochs("a", 7, "b", 7), "b"},
		},
		"a failover that the answer to an earlier question shows": {
			{2, "a", epochs("a", 1, "b", 1), "a"},
			{1, "b", epochs("a", 7, "b", 7), "b"},
		},
		"a slot that is given away without a new epoch": {
			{1, "a", epochs("a", 5, "b", 2), "a"},
			{2, "b", epochs("a", 5, "b", 2), "b"},
		},
		"no epochs": {
			{1, "a", nil, "a"},
			{2, "b", nil, "b"},
			{1, "a", nil, "b"},
		},
		"a cluster that is built anew": {
			{1, "a", epochs("a", 9), "a"},
			{2, "b", epochs("b", 1), "a"},
			{3, "b", epochs("b", 1), "a"},
			{4, "b", epochs("b", 1), "a"},
			{5, "b", epochs("b", 1), "a"},
			{6, "b", epochs("b", 1), "b"},
		},
		"an older view of the same owner": {
			{1, "a", epochs("a", 1, "b", 1), "a"},
			{2, "a", epochs("a", 5, "b", 5), "a"},
			{3, "a", epochs("a", 1, "b", 1), "a"},
			{4, "b", epochs("a", 1, "b", 3), "a"},
		},
	} {
		m := new(Map)
		for i, a := range answers {
			before := m.Shard(7)
			changed := m.Apply(&Answer{Asked: a.asked, Ranges: owner(a.id), Members: a.members})
			got := m.Shard(7).ID
			if got != a.want || changed != (before == nil || before.ID != got) {
				t.Errorf("%s: after answer %d the owner is %s, want %s; changed: %v", name, i, got, a.want, changed)
			}
		}
	}
}

// TestReplicasHaveNoOrder: each node lists the replicas in an order of its own.
func TestReplicasHaveNoOrder(t *testing.T) {
	m := new(Map)
	m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("a", "r", "s"), Members: epochs("a", 1)})
	if m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("a", "s", "r"), Members: epochs("a", 1)}) {
		t.Error("another order is a change")
	}
	for i, replicas := range [][]string{{"s", "q"}, {"s"}, {"s", "t"}, nil} {
		if !m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("a", replicas...), Members: epochs("a", 1)}) {
			t.Errorf("replicas %d are no change", i)
		}
	}
}

func TestMoved(t *testing.T) {
	m := new(Map)
	old := m.Ask()
	m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("a", "r"), Members: epochs("a", 1, "b", 1)})
	if changed, _ := m.Moved(7, "at-a", m.Now()); changed {
		t.Error("the owner in the map is news")
	}
	if changed, _ := m.Moved(7, "at-b", m.Now()); !changed || m.Shard(7).Master != "at-b" || m.Shard(8).Master != "at-a" {
		t.Errorf("%+v", m.Shard(7))
	}
	if want := []string{"at-a", "at-b"}; !slices.Equal(m.Masters(), want) || !slices.Equal(m.Replicas(), []string{"r"}) {
		t.Errorf("%v, %v", m.Masters(), m.Replicas())
	}
	// Neither an answer to an earlier question nor one of a node that has not heard of it undoes it.
	for _, asked := range []uint64{old, m.Ask(), m.Ask()} {
		m.Apply(&Answer{Asked: asked, Ranges: owner("a"), Members: epochs("a", 1, "b", 1)})
		if m.Shard(7).Master != "at-b" {
			t.Fatalf("%+v", m.Shard(7))
		}
	}
	if !m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("b", "r"), Members: epochs("a", 1, "b", 2)}) || m.Shard(7).ID != "b" {
		t.Errorf("%+v", m.Shard(7))
	}
	// Nodes that insist are right.
	m.Moved(7, "at-nowhere", m.Now())
	for range mostDenials {
		m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("b"), Members: epochs("a", 1, "b", 2)})
	}
	if m.Shard(7).ID != "b" {
		t.Errorf("%+v", m.Shard(7))
	}
	empty := new(Map)
	if empty.Known() || empty.Shard(7) != nil {
		t.Error("a new map knows something")
	}
	if changed, _ := empty.Moved(7, "x", 0); !changed || !empty.Known() {
		t.Error("a MOVED does not make the map known")
	}
}

// TestMovedLate has a MOVED that comes after the answer to a question which began after its command was sent.
func TestMovedLate(t *testing.T) {
	m := new(Map)
	sent := m.Now()
	m.Apply(&Answer{Asked: m.Ask(), Ranges: owner("a", "r"), Members: epochs("a", 1)})
	if changed, doubtful := m.Moved(7, "at-gone", sent); changed || !doubtful {
		t.Error("the map has changed, or need not be renewed:", changed, doubtful)
	}
	if m.Shard(7).Master != "at-a" || m.Lists("at-gone") || !m.Lists("at-a") || !m.Lists("r") {
		t.Errorf("%+v", m.Shard(7))
	}
	if changed, _ := m.Moved(7, "at-b", m.Now()); !changed || m.Shard(7).Master != "at-b" || !m.Lists("at-b") {
		t.Errorf("%+v", m.Shard(7))
	}
}

func TestMapIsSafeForConcurrentUse(t *testing.T) {
	m := new(Map)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 50 {
				m.Apply(&Answer{Asked: m.Ask(), Ranges: owner(fmt.Sprint(i)), Members: epochs(fmt.Sprint(i), i)})
				m.Moved(i, "x", m.Now())
				if s := m.Shard(9); !strings.HasPrefix(s.Master, "at-") {
					t.Errorf("%+v", s)
				}
				m.Masters()
			}
		})
	}
	all.Wait()
}
