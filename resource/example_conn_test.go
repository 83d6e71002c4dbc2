package resource_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// lineServer answers a line with the same line in capitals, to "ping" with
// "PING", and hangs up at "quit".
func lineServer(conn net.Conn) {
	defer conn.Close()
	for lines := bufio.NewScanner(conn); lines.Scan() && lines.Text() != "quit"; {
		fmt.Fprintln(conn, strings.ToUpper(lines.Text()))
	}
}

// ask sets the context's deadline on the connection, because a read does not know
// the context.
func ask(ctx context.Context, conn net.Conn, question string) (string, error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })
	answer, err := func() (string, error) {
		if _, err := fmt.Fprintln(conn, question); err != nil {
			return "", err
		}
		return bufio.NewReader(conn).ReadString('\n')
	}()
	if !stop() {
		return "", ctx.Err()
	}
	return strings.TrimSpace(answer), err
}

// A connection goes back to the pool only after an answer. On every other way out
// it is discarded: an answer may still be on its way.
func Example_connections() {
	dialed := 0
	dial := func(context.Context) (net.Conn, error) {
		dialed++
		client, server := net.Pipe() // a real one calls (&net.Dialer{}).DialContext
		go lineServer(server)
		return client, nil
	}
	ping := func(ctx context.Context, conn net.Conn, _ time.Time) error {
		answer, err := ask(ctx, conn, "ping")
		if err == nil && answer != "PING" {
			err = errors.New("the answer is not that to ping")
		}
		return err
	}
	pool, err := resource.New(resource.Config[net.Conn]{
		Open:       dial,
		Close:      net.Conn.Close,
		MaxActive:  8,
		Lifetime:   policy.MaxAgeJitter(time.Hour, 5*time.Minute),
		Eviction:   policy.IdleTimeout(time.Minute),
		BorrowTest: policy.IfIdleFor(10*time.Second, policy.Test(ping)),
	})
	if err != nil {
		fmt.Println(err) // names the field that is wrong
		return
	}
	defer pool.Close()

	answerTo := func(ctx context.Context, question string) (string, error) {
		lease, err := pool.Acquire(ctx)
		if err != nil {
			return "", err // ctx.Err(), resource.ErrClosed, or what dial said
		}
		defer lease.Discard() // does nothing after Release
		answer, err := ask(ctx, lease.Value(), question)
		if err != nil {
			return "", err // an answer may still come, so nobody else gets this connection
		}
		lease.Release()
		return answer, nil
	}

	for _, question := range []string{"hello", "again", "quit", "once more"} {
		answer, err := answerTo(context.Background(), question)
		fmt.Println(answer, err)
	}
	fmt.Println("dialed", dialed)
	// Output:
	// HELLO <nil>
	// AGAIN <nil>
	//  EOF
	// ONCE MORE <nil>
	// dialed 2
}
