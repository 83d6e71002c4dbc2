package story

import (
	"slices"
	"testing"

	"github.com/respool/respool/resource/ledger"
)

// After each answer a client may do just these things.
func TestContractOfAClient(t *testing.T) {
	ask, lease := []Verb{Acquire, Try}, []Verb{Release, Discard, Detach}
	for _, test := range []struct {
		s   Standing
		may []Verb
	}{
		{Standing{}, ask},
		{Standing{Former: true}, slices.Concat(ask, lease)},
		{Standing{Woken: true}, append(ask, Cancel)}, // refused when it was woken
		{Standing{Doing: ledger.Granted}, lease},
		{Standing{Doing: ledger.Granted, Woken: true}, append(lease, Cancel)},
		{Standing{Doing: ledger.Open, Former: true}, []Verb{Opened, OpenFailed, Abandon}},
		{Standing{Doing: ledger.Test}, []Verb{Tested, Abandon}},
		{Standing{Doing: ledger.Close}, []Verb{Closed, CloseTimedOut, Abandon}},
		{Standing{Doing: ledger.Wait}, []Verb{Cancel}},
		{Standing{Doing: ledger.Held}, []Verb{Rejoin, Withdraw}},
	} {
		for _, v := range []Verb{Acquire, Try, Cancel, Release, Discard, Detach, Abandon, Opened, OpenFailed, Tested, Closed, CloseTimedOut, Rejoin, Withdraw} {
			if got, want := test.s.Allows(v), slices.Contains(test.may, v); got != want {
				t.Errorf("%+v allows %s: %t, want %t", test.s, v, got, want)
			}
		}
	}
}

// Only the client whose acquire waits for a slot may abandon it.
func TestContractOfASlot(t *testing.T) {
	for s, unattended := range map[ledger.State][]Verb{
		ledger.Gone: nil, ledger.Idle: nil,
		ledger.Opening: {Opened, OpenFailed}, ledger.Testing: {Tested}, ledger.Leased: {Release, Discard, Detach}, ledger.Closing: {Closed, CloseTimedOut},
	} {
		if got := Reports(s, false); !slices.Equal(got, unattended) {
			t.Errorf("%v and unattended: %v, want %v", s, got, unattended)
		}
		attended := unattended
		if s == ledger.Opening || s == ledger.Testing || s == ledger.Closing {
			attended = append(slices.Clone(unattended), Abandon)
		}
		if got := Reports(s, true); !slices.Equal(got, attended) {
			t.Errorf("%v: %v, want %v", s, got, attended)
		}
	}
}

// What may happen beside a slot in the lane. TestLaneVerbs has the rest.
func TestContractOfTheLane(t *testing.T) {
	free, holds := &Standing{}, &Standing{Doing: ledger.Granted}
	for name, test := range map[string]struct {
		lane Lane
		e    Event
		s    *Standing
		want string
	}{
		"a client that has something else to do":  {Lane{Until: 9}, Event{Verb: Turn, What: What{Client: "a"}}, holds, "a has something else to do"},
		"a client that is free":                   {Lane{Until: 9}, Event{Verb: Turn, What: What{Client: "a"}}, free, ""},
		"too late":                                {Lane{Until: 5}, Event{Verb: Turn, What: What{Client: "a"}}, free, "the slot in the lane may be lent until 5ns"},
		"an acquire that need not wait":           {Lane{Holder: "a"}, Event{Verb: Acquire, What: What{Client: "b"}}, free, ""},
		"an acquire that would wait":              {Lane{Holder: "a", MustWait: true}, Event{Verb: Try, What: What{Client: "b"}}, free, "it would wait, and a slot is in the lane"},
		"a release of another slot":               {Lane{Holder: "a"}, Event{Verb: Release, What: What{Client: "b"}}, holds, ""},
		"a release that leaves no place":          {Lane{Holder: "a", MustYield: true}, Event{Verb: Release, What: What{Client: "b"}}, holds, "a slot is in the lane"},
		"a release with a handle that is no good": {Lane{Holder: "a"}, Event{Verb: Release, What: What{Client: "b"}}, free, "a slot is in the lane"},
		"a discard of another slot":               {Lane{Holder: "a"}, Event{Verb: Discard, What: What{Client: "b"}}, holds, "a slot is in the lane"},
	} {
		got := ""
		if err := test.lane.Refuse(5, &test.e, test.s); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
