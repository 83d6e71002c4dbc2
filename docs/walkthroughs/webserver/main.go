// Webserver counts visits in Redis, in a web server whose handlers share a pool. It visits itself, and ends.
//
//	go run ./docs/walkthroughs/webserver
//	go run ./docs/walkthroughs/webserver -redis localhost:6379
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
)

// #region pool
func newPool(addr string) *redis.Pool {
	return &redis.Pool{
		MaxIdle:     3,
		MaxActive:   10,
		Wait:        true,
		IdleTimeout: 240 * time.Second,
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, "tcp", addr)
		},
	}
}

// #endregion pool

// #region server
type server struct {
	pool *redis.Pool
}

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /simple/{page}", s.handleRequest)
	mux.HandleFunc("GET /{page}", s.handleRequestContext)
	return mux
}

// #endregion server

// #region simple
func (s *server) handleRequest(w http.ResponseWriter, r *http.Request) {
	conn := s.pool.Get()
	defer conn.Close()
	visits, err := redis.Int(conn.Do("INCR", "webserver:"+r.PathValue("page")))
	if err != nil {
		unavailable(w, err)
		return
	}
	fmt.Fprintf(w, "visit %d of %s\n", visits, r.PathValue("page"))
}

// #endregion simple

// #region context

// patience is how long a visitor waits for an answer. Most programs have a second or two here.
const patience = 20 * time.Second

func (s *server) handleRequestContext(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		unavailable(w, err)
		return
	}
	defer conn.Close()
	visits, err := redis.Int(redis.DoContext(conn, ctx, "INCR", "webserver:"+r.PathValue("page")))
	if err != nil {
		unavailable(w, err)
		return
	}
	fmt.Fprintf(w, "visit %d of %s\n", visits, r.PathValue("page"))
}

// unavailable writes the cause to the log, and the visitor learns only what to do.
func unavailable(w http.ResponseWriter, err error) {
	log.Print(err)
	http.Error(w, "try again later", http.StatusServiceUnavailable)
}

// #endregion context

func main() { walkthrough.Main("webserver", run) }

func run(r walkthrough.Redis, out io.Writer) (err error) {
	// #region shutdown
	pool := newPool(r.Addr)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = errors.Join(err, pool.Shutdown(ctx))
	}()
	// #endregion shutdown
	if err := forget(pool); err != nil {
		return err
	}
	defer forget(pool)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: (&server{pool}).handler()}
	served := make(chan error, 1)
	go func() { served <- web.Serve(l) }()
	v := newVisitor("http://" + l.Addr().String())
	err = v.visit(pool, out)
	v.leave()
	err = errors.Join(err, stop(web))
	if s := <-served; s != http.ErrServerClosed {
		err = errors.Join(err, s)
	}
	return err
}

// #region stop
func stop(web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return web.Shutdown(ctx)
}

// #endregion stop
