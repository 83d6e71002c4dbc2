package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"runtime"
	"testing"

	"github.com/jackc/puddle/v2"
)

func newPuddle(s shape) *puddle.Pool[*fake] {
	p, err := puddle.NewPool(&puddle.Config[*fake]{
		Constructor: func(context.Context) (*fake, error) { return new(fake), nil },
		Destructor:  func(*fake) {},
		MaxSize:     int32(s.places),
	})
	if err != nil {
		panic(err)
	}
	return p
}

type puddleTaker struct{ p *puddle.Pool[*fake] }

func (t *puddleTaker) close() { t.p.Close() }

func (t *puddleTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		r, err := t.p.Acquire(ctx)
		if err != nil {
			b.Fatal(err)
		}
		r.Release()
	}
}

func (t *puddleTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		r, err := t.p.Acquire(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		r.Release()
	}
}

// connector is a database driver that does nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return new(fake), nil }

func (connector) Driver() driver.Driver { return nil }

func newSQL(s shape) *sql.DB {
	db := sql.OpenDB(connector{})
	db.SetMaxOpenConns(s.places)
	db.SetMaxIdleConns(s.places)
	if s.timed || s.timeout > 0 {
		db.SetConnMaxIdleTime(s.idleTimeout())
		db.SetConnMaxLifetime(lifetime)
	}
	if s.none {
		db.SetMaxIdleConns(-1)
	}
	return db
}

type sqlTaker struct{ p *sql.DB }

func (t *sqlTaker) close() { t.p.Close() }

func (t *sqlTaker) serial(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		c, err := t.p.Conn(ctx)
		if err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func (t *sqlTaker) parallel(b *testing.B, pb *testing.PB, ctx context.Context, hold bool) {
	for pb.Next() {
		c, err := t.p.Conn(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		if hold {
			runtime.Gosched()
		}
		c.Close()
	}
}
