package poolprom_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolprom"
)

// connector opens connections for a sql.DB that can do nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return conn{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not supported") }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("not supported") }
func (conn) Close() error                        { return nil }

// families gathers what collectors of one registry emit.
func families(t *testing.T, all ...prometheus.Collector) []*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	for _, c := range all {
		if err := registry.Register(c); err != nil {
			t.Fatal(err)
		}
	}
	list, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A pool and a sql.DB that do the same give the same metrics: names, types, help, labels
// and values.
func TestGoSQLIsAsForDB(t *testing.T) {
	db := sql.OpenDB(connector{})
	defer db.Close()
	db.SetMaxOpenConns(3)
	db.SetMaxIdleConns(1)
	pool, err := resource.New(resource.Config[int]{
		Open:      func(context.Context) (int, error) { return 1, nil },
		MaxActive: 3,
		MaxIdle:   1,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()

	var conns []*sql.Conn
	var leases []resource.Lease[int]
	for range 3 {
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lease, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		conns, leases = append(conns, c), append(leases, lease)
	}
	for i := range 2 {
		conns[i].Close()
		leases[i].Release()
	}

	theirs := families(t, collectors.NewDBStatsCollector(db, "orders"))
	ours := families(t, poolprom.NewGoSQL("orders", pool.Stats))
	if len(theirs) != len(ours) {
		t.Errorf("%d metrics, want %d", len(ours), len(theirs))
	}
	for i := range min(len(theirs), len(ours)) {
		if theirs[i].String() != ours[i].String() {
			t.Errorf("\n got %v\nwant %v", ours[i], theirs[i])
		}
	}
	conns[2].Close()
	leases[2].Release()
}

func TestGoSQLFigures(t *testing.T) {
	st := resource.Stats{
		MaxActive: 9, Active: 8, Idle: 3, Leased: 2, Opening: 1, Testing: 1, Closing: 1,
		WaitCount: 11, WaitDuration: 1500 * time.Millisecond,
		Closed: resource.ClosedCounts{Surplus: 21, IdleTooLong: 22, TooOld: 23, WornOut: 24},
	}
	got := gather(t, poolprom.NewGoSQL("p", fixed(st)))
	want := map[string]float64{
		`go_sql_max_open_connections{db_name="p"}`:        9,
		`go_sql_open_connections{db_name="p"}`:            8,
		`go_sql_in_use_connections{db_name="p"}`:          5,
		`go_sql_idle_connections{db_name="p"}`:            3,
		`go_sql_wait_count_total{db_name="p"}`:            11,
		`go_sql_wait_duration_seconds_total{db_name="p"}`: 1.5,
		`go_sql_max_idle_closed_total{db_name="p"}`:       21,
		`go_sql_max_idle_time_closed_total{db_name="p"}`:  22,
		`go_sql_max_lifetime_closed_total{db_name="p"}`:   23,
	}
	if len(got) != len(want) {
		t.Errorf("%d samples, want %d: %v", len(got), len(want), got)
	}
	for sample, v := range want {
		if got[sample] != v {
			t.Errorf("%s is %v, want %v", sample, got[sample], v)
		}
	}
}

// Pools and real databases share a registry, and names must differ among them.
func TestGoSQLBesideDB(t *testing.T) {
	db := sql.OpenDB(connector{})
	defer db.Close()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(collectors.NewDBStatsCollector(db, "accounts"))
	orders := poolprom.NewGoSQL("orders", fixed(resource.Stats{}))
	registry.MustRegister(orders, poolprom.NewGoSQL("sessions", fixed(resource.Stats{})))
	var already prometheus.AlreadyRegisteredError
	if err := registry.Register(poolprom.NewGoSQL("orders", fixed(resource.Stats{}))); !errors.As(err, &already) {
		t.Errorf("a second pool of one name: %v", err)
	}
	list, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if len(f.Metric) != 3 {
			t.Errorf("%s has %d samples, want 3", f.GetName(), len(f.Metric))
		}
	}
	if !registry.Unregister(orders) {
		t.Error("orders cannot be removed")
	}
}
