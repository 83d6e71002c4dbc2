package redispool

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/respool/respool/redispool/internal/redistest"
	"github.com/respool/respool/resource"
)

// Exporters and pages read ResourceStats and Inspect, so these have the numbers of ShareStats.
func TestSharedNumbersAreInAllStatistics(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 2)
	for range 3 {
		if _, err := p.Do(context.Background(), "PING"); err != nil {
			t.Fatal(err)
		}
	}
	want := p.ShareStats()
	if want.Limit != 2 || want.Calls != 3 {
		t.Errorf("limit %d, %d calls", want.Limit, want.Calls)
	}
	if got := p.ResourceStats().Shared; got != want {
		t.Errorf("ResourceStats has %+v, want %+v", got, want)
	}
	if got := p.Inspect().Stats.Shared; got != want {
		t.Errorf("Inspect has %+v, want %+v", got, want)
	}
	if line := p.ResourceStats().String(); !strings.Contains(line, "shared calls 3") {
		t.Errorf("the line has no shared calls: %s", line)
	}
	if err := p.Resize(2, 2); err != nil || p.ShareStats().Limit != 1 {
		t.Errorf("with two connections %d may be shared (%v), want 1", p.ShareStats().Limit, err)
	}
}

// A pool without Share has nothing to say of it.
func TestNoSharedNumbersWithoutShare(t *testing.T) {
	p := sharingPool(t, redistest.Start(t).Addr(), 0)
	if _, err := p.Do(context.Background(), "PING"); err != nil {
		t.Fatal(err)
	}
	st := p.ResourceStats()
	text, err := json.Marshal(st)
	if err != nil || st.Shared != (resource.SharedStats{}) || strings.Contains(string(text)+st.String(), "hared") {
		t.Errorf("%s, %s, %v", st, text, err)
	}
}
