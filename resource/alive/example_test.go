//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package alive_test

import (
	"context"
	"fmt"
	"net"
	"runtime"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/alive"
)

// The server closes an idle connection. The next borrower gets a new one.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	pool, err := resource.New(resource.Config[net.Conn]{
		Open: func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", l.Addr().String())
		},
		Close:      net.Conn.Close,
		BorrowTest: policy.Test(alive.Conn),
	})
	if err != nil {
		panic(err)
	}
	defer pool.Close()

	lease, err := pool.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	socket := alive.New(lease.Value())
	lease.Release()
	if theirs, err := l.Accept(); err == nil {
		theirs.Close()
	}
	for socket.CanTell() && socket.Check() == nil {
		runtime.Gosched() // until the end has arrived
	}

	lease, err = pool.Acquire(context.Background())
	if err != nil {
		panic(err)
	}
	lease.Release()
	fmt.Println(pool.Stats().Opened, "opened,", pool.Stats().Closed.FailedTest, "failed the test")
	// Output:
	// 2 opened, 1 failed the test
}
