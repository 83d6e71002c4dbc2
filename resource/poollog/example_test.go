package poollog_test

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poollog"
)

func Example() {
	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: withoutTime})
	down := true
	pool, err := resource.New(resource.Config[string]{
		Name:     "orders",
		Observer: poollog.New(slog.New(handler), poollog.Options{}),
		Open: func(context.Context) (string, error) {
			if down {
				return "", errors.New("connection refused")
			}
			return "a connection", nil
		},
	})
	if err != nil {
		panic(err)
	}
	pool.Acquire(context.Background())
	pool.Acquire(context.Background()) // counted, and not logged by itself
	down = false
	pool.Acquire(context.Background())
	// Output:
	// level=WARN msg="pool: opens fail" pool=orders error="resource: open: connection refused"
	// level=INFO msg="pool: opens succeed again" pool=orders count=2 lasted=0s
}

// withoutTime leaves out what differs from one run to the next.
func withoutTime(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	if a.Key == "lasted" {
		return slog.String("lasted", "0s")
	}
	return a
}
