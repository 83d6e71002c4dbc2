package redispool

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestShareOpeningTogether: several callers wait for the same shared connection. Each waits no longer than the context
// of its own Get allows, as it would for a connection of its own.
func TestShareOpeningTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &breaking{dialable: 100}
		p := &Pool{MaxIdle: 2, MaxActive: 2, Wait: true, Share: 1, Dial: server.dial}
		defer p.Close()
		for range 2 { // so that no connection is left for sharing
			c := p.Get()
			c.Flush()
			defer c.Close()
		}
		go p.Do(context.Background(), "GET", "key") // waits for as long as it takes
		synctest.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		c, err := p.GetContext(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		failed := make(chan error, 1)
		go func() {
			_, err := c.Do("GET", "key")
			failed <- err
		}()
		time.Sleep(2 * time.Second)
		select {
		case err := <-failed:
			if err != context.DeadlineExceeded {
				t.Error(err)
			}
		default:
			t.Error("it waits though the context of its Get has ended")
		}
	})
}
