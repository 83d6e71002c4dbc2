package resource

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/respool/respool/policy"
)

// unowned are crashes on goroutines of the pool, so no caller can recover from them. They
// must end the program, as in any goroutine, and not be ignored.
var unowned = map[string]func(w *world){
	"detached open, caller left": func(w *world) {
		w.onOpen = func(context.Context, int) error { time.Sleep(300 * ms); panic("unowned") }
		w.build(Config[*thing]{OpenDetached: true})
		w.abandon()
	},
	"open for MinIdle": func(w *world) {
		w.onOpen = func(context.Context, int) error { panic("unowned") }
		w.build(Config[*thing]{MinIdle: 1})
	},
	// It would leave the lock held for good.
	"Goexit in a policy": func(w *world) {
		w.build(Config[*thing]{Lifetime: policy.LifetimeFunc(func(policy.Info) policy.Expiry {
			runtime.Goexit()
			return policy.Expiry{}
		})})
		go w.pool.Acquire(context.Background())
	},
	"close by the timer": func(w *world) {
		w.onClose = func(int) error { panic("unowned") }
		w.build(Config[*thing]{Eviction: policy.IdleTimeout(time.Second)})
		w.idle(1)
	},
}

func TestPanicsWithoutOwnerEndTheProgram(t *testing.T) {
	const which = "RESPOOL_TEST_UNOWNED"
	if name := os.Getenv(which); name != "" {
		synctest.Test(t, func(t *testing.T) {
			unowned[name](&world{t: t, began: time.Now(), alive: map[int]bool{}})
			time.Sleep(time.Minute)
		})
		return
	}
	for name := range unowned {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-test.run=^TestPanicsWithoutOwnerEndTheProgram$")
			cmd.Env = append(os.Environ(), which+"="+name)
			out, err := cmd.CombinedOutput()
			want := "panic: unowned"
			if strings.HasPrefix(name, "Goexit") {
				want = "panic: resource: a policy called runtime.Goexit"
			}
			if err == nil || !strings.Contains(string(out), want) {
				t.Errorf("ended with %v:\n%s", err, out)
			}
		})
	}
}
