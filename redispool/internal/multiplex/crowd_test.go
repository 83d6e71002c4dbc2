package multiplex

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// TestCrowd: after callers have met, the next crowdLasts calls are not sent alone, although each finds the Mux at rest. The one
// after them is.
func TestCrowd(t *testing.T) {
	for _, links := range []int{1, 2} {
		t.Run(fmt.Sprint(links, " links"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, goOn := heldAt(aloneReading, nil)
				m := New(s, links, 0, wide)
				outcomes := make(chan error, 2)
				startCall(m, nil, "first", outcomes)
				if m.Crowded() {
					t.Error("one caller is a crowd")
				}
				go func() { outcomes <- echo(m, nil, "second") }()
				synctest.Wait()
				if !m.Crowded() {
					t.Error("two callers have met, and are not a crowd")
				}
				close(goOn)
				allAnswered(t, outcomes, 2)
				alone := m.links[0].loneCalls.Load()
				for i := range crowdLasts {
					if err := echo(m, nil, fmt.Sprint(i)); err != nil {
						t.Error(err)
					}
					if got := m.links[0].loneCalls.Load(); got != alone {
						t.Fatalf("call %d after two callers have met is alone", i+1)
					}
				}
				if err := echo(m, nil, "alone"); err != nil || m.links[0].loneCalls.Load() != alone+1 {
					t.Errorf("call %d after two callers have met is not alone (%v)", crowdLasts+1, err)
				}
				finish(t, m, s)
			})
		})
	}
}

// TestCrowdLeaves: a call whose caller may leave is never sent alone, but counts as one that finds the Mux at rest.
func TestCrowdLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSource{}
		m := New(s, 1, 0, wide)
		m.NoteMeeting()
		for range crowdLasts {
			if err := echo(m, t.Context(), "x"); err != nil {
				t.Error(err)
			}
			synctest.Wait() // the reader's goroutine ends
		}
		if m.Crowded() {
			t.Error("no callers have met in the last crowdLasts calls, and they are still a crowd")
		}
		finish(t, m, s)
	})
}

// TestCrowdMeetsAgain: callers that meet again are a crowd for as long as after the first time.
func TestCrowdMeetsAgain(t *testing.T) {
	m := New(&fakeSource{}, 1, 0, wide)
	m.NoteMeeting()
	m.noteRest()
	m.NoteMeeting()
	for i := range crowdLasts {
		if m.noteRest() {
			t.Fatalf("call %d after the second time may go alone", i+1)
		}
	}
	if !m.noteRest() {
		t.Error("nobody has met lately, and there is a crowd")
	}
}
