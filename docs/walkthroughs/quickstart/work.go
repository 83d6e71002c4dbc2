package main

import (
	"errors"
	"fmt"
	"sync"

	redis "github.com/respool/respool/redispool"
)

// tally is what the clients have done.
type tally struct {
	answered, refused, transactions int
	visits                          int // as counted by Redis
}

func (t tally) plus(u tally) tally {
	return tally{
		answered: t.answered + u.answered, refused: t.refused + u.refused,
		transactions: t.transactions + u.transactions, visits: max(t.visits, u.visits),
	}
}

// work runs all clients at the same time.
func work(pool *redis.Pool, clients, requests int) (tally, error) {
	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		all  tally
		errs []error
	)
	for client := range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			done, err := serve(pool, client, requests)
			mu.Lock()
			defer mu.Unlock()
			all = all.plus(done)
			if err != nil {
				errs = append(errs, fmt.Errorf("client %d: %w", client, err))
			}
		}()
	}
	wait.Wait()
	if len(errs) > 0 {
		return all, errs[0]
	}
	return all, nil
}

// #region client

// serve is one client.
func serve(pool *redis.Pool, client, requests int) (done tally, err error) {
	for i := range requests {
		switch err := request(pool, client+i, &done); {
		case err == nil:
			done.answered++
		case errors.Is(err, redis.ErrPoolExhausted):
			done.refused++
		default:
			return done, err
		}
	}
	return done, nil
}

// #endregion client

// request borrows a connection for one of four kinds of work.
func request(pool *redis.Pool, n int, done *tally) error {
	conn := pool.Get()
	defer conn.Close()
	page := fmt.Sprintf("%spage:%d", prefix, n%10)
	switch n % 4 {
	case 0:
		_, err := conn.Do("SET", page, "hello")
		return err
	case 1:
		_, err := redis.String(conn.Do("GET", page))
		if err == redis.ErrNil {
			return nil // no client has written it yet
		}
		return err
	case 2:
		return pipeline(conn, page)
	}
	visits, err := transaction(conn)
	if err == nil {
		done.transactions++
		done.visits = max(done.visits, visits)
	}
	return err
}

// #region pipeline

// pipeline sends three commands before it reads the first reply.
func pipeline(conn redis.Conn, page string) error {
	conn.Send("SET", page, "hello")
	conn.Send("APPEND", page, ", world")
	conn.Send("STRLEN", page)
	if err := conn.Flush(); err != nil {
		return err
	}
	for range 3 {
		if _, err := conn.Receive(); err != nil {
			return err
		}
	}
	return nil
}

// transaction counts a visit, and returns how many there are.
func transaction(conn redis.Conn) (visits int, err error) {
	conn.Send("MULTI")
	conn.Send("INCR", prefix+"visits")
	conn.Send("EXPIRE", prefix+"visits", 3600)
	replies, err := redis.Values(conn.Do("EXEC"))
	if err == nil {
		_, err = redis.Scan(replies, &visits)
	}
	return visits, err
}

// #endregion pipeline

func ping(pool *redis.Pool) error {
	conn := pool.Get()
	defer conn.Close()
	_, err := conn.Do("PING")
	return err
}

// prefix begins the names of all keys.
const prefix = "quickstart:"

// forget deletes the keys.
func forget(pool *redis.Pool) error {
	conn := pool.Get()
	defer conn.Close()
	keys := redis.Args{}.Add(prefix + "visits")
	for n := range 10 {
		keys = keys.Add(fmt.Sprintf("%spage:%d", prefix, n))
	}
	_, err := conn.Do("DEL", keys...)
	return err
}
