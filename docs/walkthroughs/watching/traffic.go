package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	redis "github.com/respool/respool/redispool"
)

// traffic makes the pool's requests.
type traffic struct {
	pool    *redis.Pool
	network *network
}

func (t *traffic) calm(w *watcher) error {
	for range 100 {
		if err := ping(t.pool); err != nil {
			return err
		}
	}
	return w.look()
}

// take gets connections, and returns a function that gives them
// back.
func (t *traffic) take(n int) (giveBack func(), err error) {
	var taken []redis.Conn
	giveBack = func() {
		for _, conn := range taken {
			conn.Close()
		}
	}
	for range n {
		conn, err := t.pool.GetContext(context.Background())
		if err != nil {
			giveBack()
			return nil, err
		}
		taken = append(taken, conn)
	}
	return giveBack, nil
}

// refused fails unless a request for a connection returns an error.
func (t *traffic) refused(ctx context.Context, want error) error {
	conn, err := t.pool.GetContext(ctx)
	if err == nil {
		conn.Close()
		return errors.New("there was a connection, and there should be none")
	}
	if want != nil && !errors.Is(err, want) {
		return fmt.Errorf("no connection for another reason than %q: %w", want, err)
	}
	return nil
}

func (t *traffic) slowHolder(w *watcher) error {
	giveBack, err := t.take(4)
	if err != nil {
		return err
	}
	defer giveBack()
	for range 3 {
		if err := t.refused(context.Background(), redis.ErrWaitTimeout); err != nil {
			return err
		}
	}
	hasty, hangUp := context.WithCancel(context.Background())
	go func() {
		for t.pool.ResourceStats().Waiting == 0 && hasty.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		hangUp()
	}()
	defer hangUp()
	if err := t.refused(hasty, context.Canceled); err != nil {
		return err
	}
	return w.look() // while all are still in use
}

func (t *traffic) failingDials(w *watcher) error {
	t.pool.Reset() // begin without old connections
	t.network.set(true)
	defer t.network.set(false)
	for range 3 {
		if err := t.refused(context.Background(), nil); err != nil {
			return err
		}
	}
	return w.look()
}

func (t *traffic) deadConnections(w *watcher) error {
	giveBack, err := t.take(2)
	if err != nil {
		return err
	}
	giveBack()
	t.network.cut()
	if err := ping(t.pool); err != nil {
		return err
	}
	return w.look()
}

func (t *traffic) bursts(w *watcher) error {
	for range 5 {
		giveBack, err := t.take(4)
		if err != nil {
			return err
		}
		giveBack()
	}
	return w.look()
}
