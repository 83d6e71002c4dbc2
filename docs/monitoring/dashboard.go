package main

import (
	"encoding/json"
	"os"
	"strings"
)

// dashboard is a dashboard of Grafana. Grafana's JSON repeats much for each
// panel, so the program generates it.
type dashboard struct {
	file, title, uid, description string
	prefixes                      []string // choices for the first part of the metrics' names; nil: there is none
	poolMetric, poolLabel         string   // where the names of pools are found
	panels                        []panel
}

// panel is a chart.
type panel struct {
	title, help string
	unit        string // Grafana's
	stacked     bool
	queries     []query
}

// query is an expression of Prometheus. Its variables are those of the dashboard: $prefix, $pool, $instance, and
// Grafana's $__rate_interval.
type query struct{ expr, legend string }

const filter = `{pool=~"$pool",instance=~"$instance"}`

// with inserts the filter into an expression: where a metric's name is followed by @.
func with(expr, legend string) query {
	return query{strings.ReplaceAll(expr, "@", filter), legend}
}

// quantiles has the median and the 99th percentile of one of poolprom's histograms.
func quantiles(histogram string) []query {
	expr := func(q string) string {
		return "histogram_quantile(" + q + ", sum by (pool, le) (rate(${prefix}_" + histogram + "_seconds_bucket@[$__rate_interval])))"
	}
	return []query{with(expr("0.5"), "{{pool}} median"), with(expr("0.99"), "{{pool}} 99 %")}
}

var dashboards = []dashboard{
	{
		file: "dashboard.json", title: "respool: pools", uid: "respool-pools",
		description: "Pools of respool, as package poolprom shows them.",
		prefixes:    []string{"resource_pool", "redis_pool"},
		poolMetric:  "${prefix}_open_connections", poolLabel: "pool",
		panels: []panel{
			{"Acquires refused", "Share of all acquires that got nothing, without callers that left by themselves. Above 1 %: users see errors.", "percentunit", false, []query{
				with(`sum by (pool) (rate(${prefix}_refused_total{reason!="canceled",pool=~"$pool",instance=~"$instance"}[$__rate_interval])) / (sum by (pool) (rate(${prefix}_refused_total@[$__rate_interval])) + sum by (pool) (rate(${prefix}_acquired_total@[$__rate_interval])))`, "{{pool}}"),
			}},
			{"Limit in use", "Share of the limit that callers have. At 100 % callers wait.", "percentunit", false, []query{
				with("sum by (pool) (${prefix}_in_use_connections@) / sum by (pool) (${prefix}_max_open_connections@ > 0)", "{{pool}}"),
			}},
			{"Acquires", "Acquires that got a resource.", "ops", false, []query{
				with("sum by (pool) (rate(${prefix}_acquired_total@[$__rate_interval]))", "{{pool}}"),
			}},
			{"Refusals by reason", "exhausted, timed_out, shed: no place in time. failed: the open failed. canceled: the caller left. rejected: the pool is closed.", "ops", true, []query{
				with("sum by (pool, reason) (rate(${prefix}_refused_total@[$__rate_interval])) > 0", "{{pool}} {{reason}}"),
			}},
			{"Mean wait", "Time in the queue for each acquire. It grows before errors come.", "s", false, []query{
				with("sum by (pool) (rate(${prefix}_wait_duration_seconds_total@[$__rate_interval])) / sum by (pool) (rate(${prefix}_acquired_total@[$__rate_interval]))", "{{pool}}"),
			}},
			{"Waiting callers", "Callers in the queue.", "short", false, []query{
				with("sum by (pool) (${prefix}_waiting_callers@)", "{{pool}}"),
			}},
			{"Connections by state", "Of all chosen pools. Opening, testing and closing ones count toward the limit.", "short", true, []query{
				with("sum(${prefix}_in_use_connections@)", "in use"),
				with("sum(${prefix}_idle_connections@)", "idle"),
				with("sum(${prefix}_opening_connections@)", "opening"),
				with("sum(${prefix}_testing_connections@)", "testing"),
				with("sum(${prefix}_closing_connections@)", "closing"),
			}},
			{"Opens", "Openings that succeed, and those that fail. A pool in steady use opens little.", "ops", false, []query{
				with("sum by (pool) (rate(${prefix}_opens_total@[$__rate_interval]))", "{{pool}}"),
				with("sum by (pool) (rate(${prefix}_open_failures_total@[$__rate_interval])) > 0", "{{pool}} failed"),
			}},
			{"Closes by reason", "failed_test: found dead. surplus: the idle limit is low. too_old, worn_out, idle_too_long: as configured.", "ops", true, []query{
				with("sum by (pool, reason) (rate(${prefix}_closed_total@[$__rate_interval])) > 0", "{{pool}} {{reason}}"),
			}},
			{"Leaks", "Resources that callers have had for longer than LeakAfter, and leases lost in the last minutes, which Reclaim finds.", "short", false, []query{
				with("sum by (pool) (${prefix}_leaked_connections@)", "{{pool}}"),
				with("sum by (pool) (increase(${prefix}_lost_total@[$__rate_interval])) > 0", "{{pool}} lost"),
			}},
			{"Calls on shared connections", "Only pools with Share have them. left: the caller's time ended before the reply. repeated: their connection broke.", "ops", false, []query{
				with("sum by (pool) (rate(${prefix}_shared_calls_total@[$__rate_interval]))", "{{pool}}"),
				with("sum by (pool) (rate(${prefix}_shared_calls_left_total@[$__rate_interval])) > 0", "{{pool}} left"),
				with("sum by (pool) (rate(${prefix}_shared_calls_repeated_total@[$__rate_interval])) > 0", "{{pool}} repeated"),
			}},
			{"Time in the queue", "Of callers that waited. It needs Histograms in the pool's configuration.", "s", false, quantiles("wait")},
			{"Time in use", "How long callers keep a resource. It needs Histograms.", "s", false, quantiles("use")},
			{"Time of opens", "It needs Histograms.", "s", false, quantiles("open")},
		},
	},
	{
		file: "dashboard-otel.json", title: "respool: pools by OpenTelemetry", uid: "respool-pools-otel",
		description: "Connection pools by OpenTelemetry's semantic conventions, as package poolotel emits them and Prometheus stores them.",
		poolMetric:  "db_client_connection_count", poolLabel: "db_client_connection_pool_name",
		panels: []panel{
			{"Connections by state", "Of all chosen pools.", "short", true, []query{
				{otel("sum by (db_client_connection_state) (db_client_connection_count@)", "").expr, "{{db_client_connection_state}}"},
			}},
			{"Limit in use", "", "percentunit", false, []query{
				otel(`sum by (db_client_connection_pool_name) (db_client_connection_count{db_client_connection_state="used",db_client_connection_pool_name=~"$pool",instance=~"$instance"}) / sum by (db_client_connection_pool_name) (db_client_connection_max@)`, ""),
			}},
			{"Waiting callers", "", "short", false, []query{
				otel("sum by (db_client_connection_pool_name) (db_client_connection_pending_requests@)", ""),
			}},
			{"Timeouts", "Acquires that ended with WaitTimeout, or with the deadline of their context.", "ops", false, []query{
				otel("sum by (db_client_connection_pool_name) (rate(db_client_connection_timeouts_total@[$__rate_interval]))", ""),
			}},
			{"Calls on shared connections", "Only pools with Share have them.", "ops", false, []query{
				otel("sum by (db_client_connection_pool_name) (rate(respool_shared_call_count_total@[$__rate_interval]))", ""),
			}},
			{"Time of acquires, 99 %", "", "s", false, []query{otelQuantile("wait_time")}},
			{"Time in use, 99 %", "", "s", false, []query{otelQuantile("use_time")}},
			{"Time of opens, 99 %", "", "s", false, []query{otelQuantile("create_time")}},
		},
	},
}

// otel inserts the filter as with does, and the pool's name into the legend.
func otel(expr, legend string) query {
	expr = strings.ReplaceAll(expr, "@", `{db_client_connection_pool_name=~"$pool",instance=~"$instance"}`)
	return query{expr, strings.TrimSpace("{{db_client_connection_pool_name}} " + legend)}
}

func otelQuantile(histogram string) query {
	return otel("histogram_quantile(0.99, sum by (db_client_connection_pool_name, le) (rate(db_client_connection_"+histogram+"_seconds_bucket@[$__rate_interval])))", "")
}

type object = map[string]any

// json is the dashboard as Grafana imports it: two panels in a row.
func (d dashboard) json() ([]byte, error) {
	var panels []object
	for i, p := range d.panels {
		panels = append(panels, p.object(i))
	}
	text, err := json.MarshalIndent(object{
		"title": d.title, "uid": d.uid, "description": d.description,
		"tags": []string{"respool"}, "schemaVersion": 39, "editable": true, "refresh": "30s",
		"time":       object{"from": "now-1h", "to": "now"},
		"templating": object{"list": d.variables()},
		"panels":     panels,
	}, "", "  ")
	return append(text, '\n'), err
}

func (p panel) object(i int) object {
	var targets []object
	for k, q := range p.queries {
		targets = append(targets, object{"refId": string(rune('A' + k)), "expr": q.expr, "legendFormat": q.legend, "datasource": source})
	}
	mode := "none"
	if p.stacked {
		mode = "normal"
	}
	return object{
		"id": i + 1, "type": "timeseries", "title": p.title, "description": p.help, "datasource": source,
		"gridPos": object{"x": 12 * (i % 2), "y": 8 * (i / 2), "w": 12, "h": 8},
		"targets": targets,
		"fieldConfig": object{
			"defaults": object{"unit": p.unit, "min": 0, "custom": object{
				"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "stacking": object{"mode": mode, "group": "A"},
			}},
			"overrides": []object{},
		},
		"options": object{"legend": object{"displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi", "sort": "desc"}},
	}
}

var source = object{"type": "prometheus", "uid": "${datasource}"}

func (d dashboard) variables() []object {
	list := []object{{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}}
	if d.prefixes != nil {
		var options []object
		for i, prefix := range d.prefixes {
			options = append(options, object{"text": prefix, "value": prefix, "selected": i == 0})
		}
		list = append(list, object{
			"name": "prefix", "label": "Namespace", "type": "custom", "query": strings.Join(d.prefixes, ","),
			"options": options, "current": options[0],
		})
	}
	for _, v := range []struct{ name, label, of string }{{"instance", "Instance", "instance"}, {"pool", "Pool", d.poolLabel}} {
		list = append(list, object{
			"name": v.name, "label": v.label, "type": "query", "datasource": source, "refresh": 2, "sort": 1,
			"query": object{"query": "label_values(" + d.poolMetric + ", " + v.of + ")", "refId": "values"},
			"multi": true, "includeAll": true, "allValue": ".*",
			"current": object{"text": []string{"All"}, "value": []string{"$__all"}},
		})
	}
	return list
}

// plain is an expression without variables, for all pools.
func plain(expr, prefix string) string {
	return strings.NewReplacer("${prefix}", prefix, "$pool", ".*", "$instance", ".*", "$__rate_interval", "10s").Replace(expr)
}

func writeDashboards() error {
	for _, d := range dashboards {
		text, err := d.json()
		if err != nil {
			return err
		}
		if err := os.WriteFile(d.file, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
