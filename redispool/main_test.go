package redispool_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails the package's tests if a goroutine outlives them. A pool, open or closed, has no background goroutine.
func TestMain(m *testing.M) {
	code := m.Run()
	if stay := stayed(); code == 0 && len(stay) > 0 {
		fmt.Fprintf(os.Stderr, "goroutines that outlived the tests:\n\n%s\n", strings.Join(stay, "\n\n"))
		code = 1
	}
	os.Exit(code)
}

// stayed returns the stacks of goroutines that are inside a pool, ours or redigo's. It gives goroutines time to end first.
func stayed() (stacks []string) {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); runtime.Gosched() {
		buf := make([]byte, 16<<20)
		all := strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")
		stacks = nil
		for _, s := range all[1:] { // the first stack is that of this goroutine
			if strings.Contains(s, "respool/respool/") || strings.Contains(s, "redigo/redis.") {
				stacks = append(stacks, s)
			}
		}
		if len(stacks) == 0 {
			return nil
		}
	}
	return stacks
}
