package main

import (
	"time"
)

func aloneScenarios() []scenario {
	return []scenario{
		{"down", "A server is down for 10 s under 64 callers", hasAlone, serverDown},
		{"restart", "A restart with 32 idle connections and a quiet service", hasAlone, serverRestart},
	}
}

const (
	crowd = 64
	idle  = 32
)

func (t *trial) startAlone(size int) (*server, error) {
	s, err := t.start(false, func(int) string { return plainSettings })
	if err != nil {
		return nil, err
	}
	return s, t.connect(nil, func(d *dialer) (client, error) { return t.contender.alone(s.addr, size, d) })
}

// serverDown counts the dials while the server is down. The event is that the server is
// started again. Earlier writes are lost with the server and are not counted.
func serverDown(t *trial) error {
	s, err := t.startAlone(crowd)
	if err != nil {
		return err
	}
	l := startLoad(t.client, crowd, false)
	if err := t.sleep(t.in(500*time.Millisecond, time.Second)); err != nil {
		return err
	}
	died := time.Now()
	s.kill()
	err = t.sleep(t.in(2*time.Second, 10*time.Second))
	t.event = time.Now()
	if err == nil {
		err = t.launch(s)
	}
	if err == nil {
		err = t.sleep(t.in(2*time.Second, 3*time.Second))
	}
	end := time.Now()
	calls := l.end()
	if err != nil {
		return err
	}
	t.figures = figuresOf(calls, t.event, end, nil)
	t.figures.Back = allServed(calls, t.event, end, crowd).Sub(t.event).Seconds()
	t.figures.Dials, _ = t.dialer.between(died, t.event)
	return t.cleanUp()
}

// serverRestart restarts a server while nobody calls, and then has one caller after the
// other. The client has idle connections from a time when all of many callers waited for
// an answer at once.
func serverRestart(t *trial) error {
	s, err := t.startAlone(idle)
	if err != nil {
		return err
	}
	l := startLoad(t.client, idle, false)
	err = t.hangFor(s, timeout/2)
	l.end()
	if err != nil {
		return err
	}
	held, err := t.dialer.sockets(t.data())
	if err != nil {
		return err
	}
	s.kill()
	if err := t.launch(s); err != nil {
		return err
	}
	if err := t.sleep(t.in(500*time.Millisecond, 2*time.Second)); err != nil {
		return err
	}
	t.event = time.Now()
	l = startLoad(t.client, 1, false)
	err = t.sleep(t.in(time.Second, 2*time.Second))
	end := time.Now()
	calls := l.end()
	if err != nil {
		return err
	}
	t.figures = figuresOf(calls, t.event, end, nil)
	t.figures.Idle = held
	t.figures.Dials, _ = t.dialer.between(t.event, end)
	return t.cleanUp()
}
