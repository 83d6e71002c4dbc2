// Redigosuite runs redigo's own pool tests against package redispool.
//
// It takes the tests from the redigo module that go.mod requires, and points their import of redigo at redispool. It runs
// them in a module of their own outside the checkout, so that neither the tests nor their dependencies become part of this
// project. Run it anywhere in the checkout; it needs a redis-server on PATH.
//
//	go run ./.ci/redigosuite
//	go run ./.ci/redigosuite -share 2 # with Share in every pool where redigo's tests allow it
//	go run ./.ci/redigosuite -self    # the same tests against redigo, to check the rewriting itself
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

// leastTests is the number of pool tests in redigo v1.9.3 that can run outside its package. One test, of its unexported
// list, cannot. A smaller number means that this program no longer finds the tests.
const leastTests = 28

func main() {
	self := flag.Bool("self", false, "run the tests against redigo itself")
	share := flag.Int("share", 0, "set `Share` in the pools of the tests, and leave out those that differ then")
	keep := flag.Bool("keep", false, "keep the module that the tests run in, and print where it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *self, *keep, *share); err != nil {
		if !errors.Is(err, errFailed) {
			fmt.Fprintln(os.Stderr, "redigosuite:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, self, keep bool, share int) error {
	if self && share > 0 {
		return errors.New("redigo has no Share: -self and -share exclude each other")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return fmt.Errorf("needs a redis-server (Debian: apt-get install redis-server): %w", err)
	}
	upstream, err := find()
	if err != nil {
		return err
	}
	src, err := load(filepath.Join(upstream.Dir, "redis"))
	if err != nil {
		return err
	}
	suite, err := src.suite()
	if err != nil {
		return err
	}
	least, skip, all := leastTests, "", len(suite.names)
	if suite.shared = share; share > 0 {
		if skip, err = suite.leaveOut(); err != nil {
			return err
		}
		least -= all - len(suite.names)
	}
	subject := ownPath
	if self {
		subject = redigoPath
	}
	dir, err := os.MkdirTemp("", "redigosuite")
	if err != nil {
		return err
	}
	if keep {
		fmt.Println("module:", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	if err := errors.Join(suite.write(dir, subject), upstream.writeModule(dir, self)); err != nil {
		return err
	}
	fmt.Printf("redigo %s, %d pool tests, run against %s\n", upstream.Version, len(suite.names), subject)
	if share > 0 {
		fmt.Printf("Share in %d of %d pools; left out: %d tests that differ\n", suite.sharing, suite.pools, len(differWithShare))
	}
	results, err := runAll(ctx, dir, skip)
	return results.verdict(suite.names, least, err)
}
