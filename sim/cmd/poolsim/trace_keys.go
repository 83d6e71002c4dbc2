package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/respool/respool/sim"
)

// traceKeys prints the events of all keys, or of the one that is to be shown.
func (t *traceFlags) traceKeys(w *bufio.Writer, sc *sim.Scenario) error {
	switch only := t.flags.given["key"]; {
	case *t.story:
		return errors.New("-story: a story has one pool; leave -story out, or -keys")
	case only && *t.key >= sc.Keys.Count:
		return fmt.Errorf("-key: there is no key %d: they are 0 to %d", *t.key, sc.Keys.Count-1)
	}
	about := fmt.Sprintf("poolsim trace: seed %d, %s; keys 0 to %d", sc.Seed, describeLoad(sc), sc.Keys.Count-1)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if t.format.json() {
		_ = e.Encode(traceHead{About: about, Pool: describeKeys(&sc.Keys)}) // a writer's error stays until it is flushed
	} else {
		fmt.Fprintf(w, "# %s\n# %s\n", about, describeKeys(&sc.Keys))
	}
	last := sim.Instant(0)
	_, err := sim.Watch(sc, func(ev sim.Event) error {
		if t.flags.given["key"] && ev.Key != *t.key {
			return nil
		}
		line := traceLine{time.Duration(ev.At).Seconds(), ev.At.Sub(last).String(), wordsOf(&ev), []string{"-> " + ev.Answer()}}
		last = ev.At
		if t.format.json() {
			return e.Encode(line)
		}
		_, err := fmt.Fprintln(w, line.storyOf())
		return err
	})
	return err
}

// wordsOf names an event: its key, what it is, and its request if it has one.
func wordsOf(ev *sim.Event) string {
	text := fmt.Sprintf("key %d: %s", ev.Key, ev.Name)
	if ev.Request > 0 {
		text += fmt.Sprintf(" r%d", ev.Request)
	}
	return text
}
