package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// server is a Prometheus on the loopback interface, with its data in a directory of its own.
type server struct {
	url     string
	process *exec.Cmd
	ended   chan error
	dir     string
	log     *os.File
}

// startServer starts a Prometheus that scrapes a program twice a second, and evaluates the alerts.
func startServer(target string) (*server, error) {
	rules, err := filepath.Abs("alerts.yml")
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "prometheus")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, ended: make(chan error, 1)}
	if err := s.start(target, rules); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

func (s *server) start(target, rules string) (err error) {
	config := fmt.Sprintf("global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 1s}\nrule_files: [%q]\n"+
		"scrape_configs: [{job_name: pools, static_configs: [{targets: [%q]}]}]\n", rules, target)
	file := filepath.Join(s.dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return err
	}
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		return err
	}
	addr, err := freeAddr()
	if err != nil {
		return err
	}
	s.url = "http://" + addr
	s.process = exec.Command("prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(s.dir, "data"),
		"--web.listen-address="+addr, "--log.level=warn")
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		return err
	}
	go func() { s.ended <- s.process.Wait() }()
	return nil
}

// freeAddr returns an address on which no process listens.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// close ends the server, and removes its data.
func (s *server) close() error {
	s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		s.process.Process.Kill()
		<-s.ended
	}
	return errors.Join(s.log.Close(), os.RemoveAll(s.dir))
}

// ready waits until the server answers.
func (s *server) ready(ctx context.Context) error {
	for {
		if _, err := s.get(ctx, "/-/ready", nil); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return s.failed(ctx.Err())
		case err := <-s.ended:
			s.ended <- err
			return s.failed(fmt.Errorf("it has ended: %v", err))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (s *server) failed(err error) error {
	log, _ := os.ReadFile(s.log.Name())
	return fmt.Errorf("prometheus: %w\n%s", err, log)
}

// get asks the server.
func (s *server) get(ctx context.Context, path string, values url.Values) ([]byte, error) {
	if values != nil {
		path += "?" + values.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, response.Status, body)
	}
	return body, err
}

// series is a time series of a range query, or of an instant query with one value.
type series struct {
	Metric map[string]string
	Values []point
	Value  point
}

type point struct {
	At float64
	V  float64
}

func (p *point) UnmarshalJSON(text []byte) error {
	var v string
	pair := []any{&p.At, &v}
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	var err error
	p.V, err = strconv.ParseFloat(v, 64)
	return err
}

// query evaluates an expression now.
func (s *server) query(ctx context.Context, expr string) ([]series, error) {
	return s.series(ctx, "/api/v1/query", url.Values{"query": {expr}})
}

// queryRange evaluates an expression for each second of a time.
func (s *server) queryRange(ctx context.Context, expr string, from, to time.Time) ([]series, error) {
	at := func(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
	return s.series(ctx, "/api/v1/query_range", url.Values{"query": {expr}, "start": {at(from)}, "end": {at(to)}, "step": {"1"}})
}

func (s *server) series(ctx context.Context, path string, values url.Values) ([]series, error) {
	body, err := s.get(ctx, path, values)
	if err != nil {
		return nil, err
	}
	var answer struct{ Data struct{ Result []series } }
	err = json.Unmarshal(body, &answer)
	return answer.Data.Result, err
}

// rule is an alert as the server sees it.
type rule struct{ Name, Query, State, Health, LastError string }

func (s *server) rules(ctx context.Context) (all []rule, err error) {
	body, err := s.get(ctx, "/api/v1/rules", nil)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Data struct{ Groups []struct{ Rules []rule } }
	}
	err = json.Unmarshal(body, &answer)
	for _, g := range answer.Data.Groups {
		all = append(all, g.Rules...)
	}
	return all, err
}

// legend is the name of a series in a chart.
func legend(format string, labels map[string]string) string {
	for name, value := range labels {
		format = strings.ReplaceAll(format, "{{"+name+"}}", value)
	}
	return format
}
