// The program monitoring is under load, and shows its pools to Prometheus: by package poolprom, and by
// package poolotel with OpenTelemetry's exporter. Some of its pools are ill, each in another way, so
// that each panel of the dashboards and each alert has something to show.
//
//	go run .                                # in this directory: metrics at http://localhost:9464/metrics
//	go run . -for 10s -addr localhost:0     # ends by itself
//	go run . -write                         # writes the dashboards, and the tables of the page
//	go run . -cost                          # measures what a pool costs with the exporters on
//	go run . -picture dashboard.svg         # starts a Prometheus, too, and draws what it has after a minute
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	addr := flag.String("addr", "localhost:9464", "where the metrics are served")
	length := flag.Duration("for", 0, "end after this time; 0: go on until interrupted")
	write := flag.Bool("write", false, "write the dashboards and the tables of the page, and end")
	cost := flag.Bool("cost", false, "measure what a pool costs with the exporters on, and end")
	picture := flag.String("picture", "", "draw the dashboard in this file, and end")
	flag.Parse()
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unexpected argument %q; see -help", flag.Arg(0))
	case *write:
		return writeFiles()
	case *cost:
		return measureCost()
	case *picture != "":
		return drawDashboard(ctx, *picture)
	}
	if *length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *length)
		defer cancel()
	}
	p, err := start(*addr)
	if err != nil {
		return err
	}
	fmt.Printf("metrics at http://%s/metrics\n", p.addr)
	<-ctx.Done()
	return p.close()
}

// program is the program under load.
type program struct {
	addr   string // where its metrics are
	load   *load
	server *http.Server
}

// start starts the load, and serves metrics.
func start(addr string) (*program, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	l, err := startLoad()
	if err != nil {
		listener.Close()
		return nil, err
	}
	p := &program{addr: listener.Addr().String(), load: l}
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(l.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}))
	p.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go p.server.Serve(listener)
	return p, nil
}

func (p *program) close() error {
	return errors.Join(p.server.Close(), p.load.close())
}
