package main

import (
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
)

// TestVisitorLeavesNoConnection waits for the end of every connection that the server has seen. It does not call Shutdown,
// which would close idle connections and wait five seconds for each connection on which no request has come.
func TestVisitorLeavesNoConnection(t *testing.T) {
	pool := newPool(miniredis.RunT(t).Addr())
	defer pool.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	web := &http.Server{
		Handler: (&server{pool}).handler(),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed:
				open.Done()
			}
		},
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		web.Serve(l)
	}()
	v := newVisitor("http://" + l.Addr().String())
	if err := v.visit(pool, io.Discard); err != nil {
		t.Error(err)
	}
	v.leave()
	l.Close()
	<-served // no new connection can come now
	open.Wait()
}
