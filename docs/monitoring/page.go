package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/respool/respool/docs/internal/report"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
	"github.com/respool/respool/resource/poolprom"
)

func writeFiles() error {
	if err := writeDashboards(); err != nil {
		return err
	}
	return report.WritePage("index.md", fill)
}

// fill puts the tables of metrics into the page. They are what the exporters emit.
func fill(page string) (string, error) {
	prom, err := promTable()
	if err != nil {
		return "", err
	}
	otel, err := otelTable()
	if err != nil {
		return "", err
	}
	if page, err = report.Fill(page, "prometheus", prom); err != nil {
		return "", err
	}
	return report.Fill(page, "opentelemetry", otel)
}

// full has a pool with all that a metric can be about.
func full() resource.Stats {
	return resource.Stats{MaxActive: 1, MaxIdle: 1, Histograms: &resource.Histograms{}, Shared: resource.SharedStats{Limit: 1}}
}

func promTable() (string, error) {
	c := poolprom.New(poolprom.Options{Namespace: "x"})
	if err := c.Add("p", full); err != nil {
		return "", err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		return "", err
	}
	var rows [][]string
	for _, f := range families {
		var reasons []string
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if l.GetName() == "reason" {
					reasons = append(reasons, "`"+l.GetValue()+"`")
				}
			}
		}
		help := f.GetHelp()
		if reasons != nil {
			help = strings.TrimSuffix(help, ".") + ": " + strings.Join(reasons, ", ") + "."
		}
		rows = append(rows, []string{"`" + strings.TrimPrefix(f.GetName(), "x_") + "`", strings.ToLower(f.GetType().String()), help})
	}
	return table([]string{"metric, after the namespace", "type", "meaning"}, rows), nil
}

func otelTable() (string, error) {
	reader := metric.NewManualReader()
	e, err := poolotel.New(poolotel.Options{MeterProvider: metric.NewMeterProvider(metric.WithReader(reader))})
	if err != nil {
		return "", err
	}
	if err := e.Add("p", full, poolotel.MinIdle(1)); err != nil {
		return "", err
	}
	for _, kind := range []resource.EventKind{resource.EventAcquired, resource.EventOpened, resource.EventReturned} {
		e.Observe(resource.Event{Kind: kind, Pool: "p"})
	}
	var all metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &all); err != nil {
		return "", err
	}
	var rows [][]string
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			rows = append(rows, []string{"`" + m.Name + "`", instrument(m), "`" + m.Unit + "`", m.Description})
		}
	}
	slices.SortFunc(rows, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return table([]string{"metric", "instrument", "unit", "meaning"}, rows), nil
}

func instrument(m metricdata.Metrics) string {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		if data.IsMonotonic {
			return "Counter"
		}
		return "UpDownCounter"
	case metricdata.Histogram[float64]:
		return "Histogram"
	}
	return fmt.Sprintf("%T", m.Data)
}

func table(head []string, rows [][]string) string {
	var b strings.Builder
	row := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	row(head)
	b.WriteString("|" + strings.Repeat(" --- |", len(head)) + "\n")
	for _, r := range rows {
		row(r)
	}
	return b.String()
}

// current says whether a file has the text that the program would write.
func current(name, text string) error {
	got, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if string(got) != text {
		return fmt.Errorf("%s is not up to date: run go run . -write in this directory", name)
	}
	return nil
}
