package resource

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/respool/respool/policy"
)

func TestPoolWithoutTimedPolicyReadsNoClock(t *testing.T) {
	for name, c := range map[string]struct {
		config Config[*thing]
		reads  bool
	}{
		"zero":             {Config[*thing]{}, false},
		"limits":           {Config[*thing]{MaxActive: 2, MaxIdle: 1, MaxWaiters: 5, Order: policy.FIFO, OpenDetached: true}, false},
		"MaxUses":          {Config[*thing]{Lifetime: policy.MaxUses(5)}, false},
		"TestBudget alone": {Config[*thing]{TestBudget: time.Second}, false},
		"MinIdle":          {Config[*thing]{MinIdle: 1}, true},
		"WaitTimeout":      {Config[*thing]{WaitTimeout: time.Second}, true},
		"MaxAge":           {Config[*thing]{Lifetime: policy.MaxAge(time.Second)}, true},
		"IdleTimeout":      {Config[*thing]{Eviction: policy.IdleTimeout(time.Second)}, true},
		"BorrowTest":       {Config[*thing]{BorrowTest: policy.Test(func(context.Context, *thing, time.Time) error { return nil })}, true},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(w *world) {
				w.build(c.config)
				w.sleep(time.Hour)
				if now := w.pool.clock.now(); (now != 0) != c.reads {
					t.Errorf("an hour later it is %v", now)
				}
				w.pool.Close()
				w.forget()
			})
		})
	}
}

// A goroutine that reads the clock first may get the lock second. The ledger must
// not get an earlier instant than before.
func TestTimeNeverRunsBackwards(t *testing.T) {
	inWorld(t, func(w *world) {
		w.build(Config[*thing]{WaitTimeout: time.Second})
		w.sleep(time.Second)
		for _, ahead := range []time.Duration{0, 1, time.Minute, -1} {
			last := w.pool.clock.now().Add(ahead)
			w.pool.latestEvent = last
			now := w.pool.lock()
			w.pool.unlock()
			if want := max(last, w.pool.clock.now()); now != want || w.pool.latestEvent != want {
				t.Errorf("after %v it is %v, want %v", last, now, want)
			}
		}
		w.shut()
	})
}

// The time is read in one file, and nothing sleeps or ticks: the pool's timer is
// the only one, apart from those that bound a single call.
func TestTimeIsReadInOnePlace(t *testing.T) {
	home := map[string]string{"Now": "clock.go", "Since": "clock.go", "Until": "clock.go", "AfterFunc": "timer.go"}
	for _, name := range []string{"Sleep", "After", "Tick", "NewTimer", "NewTicker"} {
		home[name] = "no file"
	}
	found := map[string]int{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && home[sel.Sel.Name] != "" {
				found[sel.Sel.Name]++
				if file != home[sel.Sel.Name] {
					t.Errorf("%s: time.%s belongs in %s", set.Position(sel.Pos()), sel.Sel.Name, home[sel.Sel.Name])
				}
			}
			return true
		})
	}
	if found["Now"] != 1 || found["Since"] != 1 || found["AfterFunc"] != 2 {
		t.Errorf("found %v", found)
	}
}
