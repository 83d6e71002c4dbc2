package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	redis "github.com/respool/respool/redispool"
)

// visitor makes requests to the server.
type visitor struct {
	url    string
	client *http.Client
}

func newVisitor(url string) *visitor {
	return &visitor{url, &http.Client{Transport: &http.Transport{}}}
}

// leave closes all connections. An HTTP client may dial more connections than it needs, and those never carry a request.
// The Shutdown of the web server waits five seconds for each of them.
func (v *visitor) leave() { v.client.CloseIdleConnections() }

// visit makes a few requests one after another, and then many at once.
func (v *visitor) visit(pool *redis.Pool, out io.Writer) error {
	for _, page := range []string{"/simple/home", "/home", "/about", "/home"} {
		answer, err := v.get(page)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "GET %-12s  %s", page, answer)
	}
	fmt.Fprintf(out, "that took %d connection\n\n", pool.Stats().ActiveCount)

	const many = 200
	errs := make(chan error, many)
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			_, err := v.get("/crowd")
			errs <- err
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	answer, err := v.get("/crowd")
	if err != nil {
		return err
	}
	st := pool.ResourceStats()
	fmt.Fprintf(out, "%d requests at once, and one more: %s", many, answer)
	fmt.Fprintf(out, "connections: %v at most, now %d in use and %d idle\n", st.PeakActive, st.Leased, st.Idle)
	return nil
}

// get returns the body of an answer that is not an error.
func (v *visitor) get(page string) (string, error) {
	resp, err := v.client.Get(v.url + page)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return string(body), err
}

// forget deletes the keys.
func forget(pool *redis.Pool) error {
	conn := pool.Get()
	defer conn.Close()
	_, err := conn.Do("DEL", "webserver:home", "webserver:about", "webserver:crowd")
	return err
}
