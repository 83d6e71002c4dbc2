package main

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	redis "github.com/respool/respool/redispool"
)

// load has callers read for a time, and returns the number of calls.
func load(pool *redis.Pool, callers int, d time.Duration) (calls int64, err error) {
	var n atomic.Int64
	errs := make([]error, callers)
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for time.Now().Before(end) && errs[i] == nil {
				errs[i] = read(pool)
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return n.Load(), errors.Join(errs...)
}

// #region caller
func read(pool *redis.Pool) error {
	conn := pool.Get()
	defer conn.Close()
	_, err := conn.Do("GET", "sharing:page")
	return err
}

// #endregion caller

// roundTrip is what the network in front of the server takes.
const roundTrip = time.Millisecond

// listenFar listens for connections, and passes what comes on to the server and back, each way half a round trip later.
func listenFar(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", addr)
			if err != nil {
				c.Close()
				continue
			}
			go pass(server, c)
			go pass(c, server)
		}
	}()
	return l, nil
}

type piece struct {
	due  time.Time
	data []byte
}

func pass(to, from net.Conn) {
	pieces := make(chan piece, 1024)
	go func() {
		defer to.Close()
		for p := range pieces {
			time.Sleep(time.Until(p.due))
			to.Write(p.data)
		}
	}()
	defer close(pieces)
	for {
		data := make([]byte, 4096)
		n, err := from.Read(data)
		if err != nil {
			return
		}
		pieces <- piece{time.Now().Add(roundTrip / 2), data[:n]}
	}
}
