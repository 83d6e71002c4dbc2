package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// needPrometheus skips a test where there is no Prometheus, or fails it where there must be one.
func needPrometheus(t *testing.T) {
	t.Helper()
	for _, command := range []string{"prometheus", "promtool"} {
		if _, err := exec.LookPath(command); err == nil {
			continue
		}
		if os.Getenv("RESPOOL_REQUIRE_PROMETHEUS") != "" {
			t.Fatal("not installed: " + command)
		}
		t.Skip("not installed: " + command)
	}
}

func TestFilesAreUpToDate(t *testing.T) {
	for _, d := range dashboards {
		text, err := d.json()
		if err != nil {
			t.Fatal(err)
		}
		if err := current(d.file, string(text)); err != nil {
			t.Error(err)
		}
	}
	page, err := os.ReadFile("index.md")
	if err != nil {
		t.Fatal(err)
	}
	filled, err := fill(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if err := current("index.md", filled); err != nil {
		t.Error(err)
	}
}

// Grafana reads each panel's identity, place and expressions from the file.
func TestDashboardFile(t *testing.T) {
	for _, d := range dashboards {
		text, err := os.ReadFile(d.file)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			UID        string
			Templating struct{ List []struct{ Name string } }
			Panels     []struct {
				ID      int
				GridPos struct{ X, Y, W, H int }
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		if file.UID == "" || len(file.Panels) != len(d.panels) {
			t.Errorf("%s: uid %q, %d panels of %d", d.file, file.UID, len(file.Panels), len(d.panels))
		}
		known := []string{"__rate_interval"}
		for _, v := range file.Templating.List {
			known = append(known, v.Name)
		}
		places := map[string]bool{}
		for _, p := range file.Panels {
			place := fmt.Sprint(p.GridPos)
			if places[place] || p.GridPos.X+p.GridPos.W > 24 || p.ID == 0 {
				t.Errorf("%s: panel %d is at %s", d.file, p.ID, place)
			}
			places[place] = true
			for _, target := range p.Targets {
				for _, v := range regexp.MustCompile(`\$\{?(\w+)`).FindAllStringSubmatch(target.Expr, -1) {
					if !slices.Contains(known, v[1]) {
						t.Errorf("%s: panel %d uses $%s, which is no variable", d.file, p.ID, v[1])
					}
				}
			}
		}
	}
}

func TestAlertRules(t *testing.T) {
	needPrometheus(t)
	for _, args := range [][]string{{"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"}} {
		if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	// Each alert has a test that sees it fire, and one that sees it quiet.
	rules, err := os.ReadFile("alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	tests, err := os.ReadFile("alerts_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	alerts := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(alerts) == 0 {
		t.Error("no alerts")
	}
	for _, a := range alerts {
		for what, pattern := range map[string]string{
			"fires":    `alertname: ` + a[1] + `\n\s*exp_alerts:\n`,
			"is quiet": `alertname: ` + a[1] + `\n\s*exp_alerts: \[\]`,
		} {
			if !regexp.MustCompile(pattern).Match(tests) {
				t.Errorf("no test has a time at which %s %s", a[1], what)
			}
		}
	}
}

// want is an expression that must give data, and its subject.
type want struct{ of, expr string }

// expressions are those of the dashboards, for each choice of the prefix.
func expressions() (all []want) {
	for _, d := range dashboards {
		prefixes := d.prefixes
		if prefixes == nil {
			prefixes = []string{""}
		}
		for _, prefix := range prefixes {
			for _, p := range d.panels {
				for _, q := range p.queries {
					// The pools of redispool here are well: nothing fails in them. Only they share.
					if fails := strings.HasSuffix(q.expr, "> 0"); prefix == "redis_pool" && fails || prefix == "resource_pool" && strings.Contains(q.expr, "_shared_") {
						continue
					}
					all = append(all, want{d.file + ": " + p.title, plain(q.expr, prefix)})
				}
			}
		}
	}
	return all
}

// A real Prometheus scrapes the program under load. Each expression of the dashboards gives data, and
// each alert sees the pool that is ill in its way.
func TestRealPrometheus(t *testing.T) {
	needPrometheus(t)
	p, err := start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	}()
	s, err := startServer(p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := s.ready(ctx); err != nil {
		t.Fatal(err)
	}
	for missing := s.missing(ctx, t); len(missing) > 0; missing = s.missing(ctx, t) {
		select {
		case <-ctx.Done():
			t.Fatalf("after two minutes there is no data for\n%s", strings.Join(missing, "\n"))
		case <-time.After(time.Second):
		}
	}
	healthy(ctx, t, s)
}

// missing lists the expressions without data, and the alerts that see nothing.
func (s *server) missing(ctx context.Context, t *testing.T) (list []string) {
	for _, w := range expressions() {
		result, err := s.query(ctx, w.expr)
		if err != nil && ctx.Err() == nil {
			t.Fatalf("%s: %v", w.of, err)
		}
		if !slices.ContainsFunc(result, func(one series) bool { return one.Value.V == one.Value.V }) { // a NaN differs from itself
			list = append(list, w.of+": "+w.expr)
		}
	}
	rules, err := s.rules(ctx)
	if err != nil && ctx.Err() == nil {
		t.Fatal(err)
	}
	if len(rules) == 0 {
		list = append(list, "no rules")
	}
	for _, r := range rules {
		if r.Health == "err" {
			t.Fatalf("%s: %s", r.Name, r.LastError)
		}
		if r.State == "inactive" {
			list = append(list, "alert "+r.Name)
		}
	}
	return list
}

// healthy checks that the healthy pool has no alert, and that the exporters agree about it.
func healthy(ctx context.Context, t *testing.T, s *server) {
	ask := func(expr string) []series {
		result, err := s.query(ctx, expr)
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	for _, alert := range ask(`ALERTS{pool="healthy"}`) {
		t.Errorf("the healthy pool has an alert: %v", alert.Metric)
	}
	for _, one := range ask(`resource_pool_max_open_connections != on (pool) label_replace(db_client_connection_max, "pool", "$1", "db_client_connection_pool_name", "(.*)")`) {
		t.Errorf("the exporters differ: %v", one.Metric)
	}
	if n := len(ask(`resource_pool_max_open_connections == on (pool) label_replace(db_client_connection_max, "pool", "$1", "db_client_connection_pool_name", "(.*)")`)); n != len(maladies()) {
		t.Errorf("both exporters have %d pools, want %d", n, len(maladies()))
	}
}
