// Leaks runs a small shop in which two functions do not give their connection back. Under load, the pool names the line of each.
//
//	go run ./docs/walkthroughs/leaks
//	go run ./docs/walkthroughs/leaks -redis localhost:6379
package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/respool/respool/docs/internal/walkthrough"
)

func main() { walkthrough.Main("leaks", run) }

func run(r walkthrough.Redis, out io.Writer) error {
	log := &problems{out: out}
	s := &shop{pool: newPool(r.Addr, log.logger()), carts: map[int]*cart{}}
	defer s.pool.Close()
	page, err := pageOf(s.pool)
	if err != nil {
		return err
	}
	users := walkthrough.Begin(func(user, _ int) error { return s.visit(user) })
	err = errors.Join(leak(s, log, page, out), lose(s, log, page, out), users.GoOn())
	users.End()
	log.mute()
	if err != nil {
		return err
	}
	st := s.pool.ResourceStats()
	_, err = fmt.Fprintf(out, "the end\n  %d leased, %d lost; at most %d connections at a time\n", st.Leased, st.Lost, st.PeakActive)
	return err
}

// leak has a cart stay open for longer than LeakAfter.
func leak(s *shop, log *problems, page page, out io.Writer) error {
	fmt.Fprintln(out, "eight users visit the shop, and one of them leaves an open cart behind")
	if err := s.openCart(1); err != nil {
		return err
	}
	if err := walkthrough.Await("the leak is reported", func() bool { return log.count() == 1 }); err != nil {
		return err
	}
	page.show(out, "openCart")
	fmt.Fprintln(out, "the cart is paid after all")
	return s.pay(1)
}

// lose has the garbage collector find a connection that nobody can close any more.
func lose(s *shop, log *problems, page page, out io.Writer) error {
	fmt.Fprintln(out, "somebody asks for a page that does not exist")
	if err := s.showPage("no-such-page"); err == nil {
		return errors.New("the page exists")
	}
	found := func() bool {
		runtime.GC() // a program that runs for longer need not ask
		return log.count() == 3
	}
	if err := walkthrough.Await("the lost connection is found", found); err != nil {
		return err
	}
	page.show(out, "showPage")
	return nil
}
