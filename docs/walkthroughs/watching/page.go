package main

import (
	"encoding/json"
	"expvar"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/pooldebug"
)

// #region serve

// serve serves the page of the pool on the loopback interface.
func serve(pool *redis.Pool) (p page, stop func() error, err error) {
	pools := new(pooldebug.Handler)
	if err := pools.Add("sessions", pool); err != nil {
		return "", nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/pools", pools)
	mux.Handle("/debug/vars", publish(pool))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: mux}
	go server.Serve(l)
	return page("http://" + l.Addr().String() + "/debug/pools"), server.Close, nil
}

// #endregion serve

// #region publish

// publish puts the figures of a pool among those of package expvar.
func publish(pool *redis.Pool) http.Handler {
	figures := func() any { return pool.ResourceStats() }
	expvar.Publish("redis_pool", expvar.Func(figures))
	return expvar.Handler()
}

// #endregion publish

// page is the address of a page of pools.
type page string

// findings asks the page what is wrong.
func (p page) findings() ([]string, error) {
	body, err := p.get("?format=json")
	if err != nil {
		return nil, err
	}
	var report pooldebug.Report
	if err := json.Unmarshal(body, &report); err != nil {
		return nil, err
	}
	return report.Pools[0].Findings, nil
}

// text returns the page of the pool as curl shows it.
func (p page) text() (string, error) {
	body, err := p.get("?pool=sessions")
	return string(body), err
}

func (p page) get(query string) ([]byte, error) {
	answer, err := http.Get(string(p) + query)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s%s: %s", p, query, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// indented marks the lines of a log.
type indented struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *indented) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := fmt.Fprintf(w.out, "  log    %s", line)
	return len(line), err
}

// mute drops what comes after the end of the output.
func (w *indented) mute() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out = io.Discard
}
