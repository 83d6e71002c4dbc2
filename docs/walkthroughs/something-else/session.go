package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// #region session

// session is a resource of the first pool: a connection, and the
// reader that belongs to it. A new reader for each use would lose
// the bytes that an earlier one had read ahead.
type session struct {
	net.Conn
	lines *bufio.Reader
}

// ask sends a line and reads the answer. After an error the session
// must not be used again: an answer may still be on its way.
func (s *session) ask(ctx context.Context, line string) (string, error) {
	stop := context.AfterFunc(ctx, func() {
		s.SetDeadline(time.Now()) // ends the read below
	})
	answer, err := s.roundTrip(line)
	if !stop() {
		return "", ctx.Err()
	}
	return answer, err
}

func (s *session) roundTrip(line string) (string, error) {
	if _, err := fmt.Fprintln(s, line); err != nil {
		return "", err
	}
	answer, err := s.lines.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

// #endregion session

// checkAfter is how long a session may be idle before it is
// tested. A real program has some seconds here.
const checkAfter = 200 * time.Millisecond

// #region pool

func newSessionPool(addr string) (*resource.Pool[*session], error) {
	ping := func(ctx context.Context, s *session, _ time.Time) error {
		_, err := s.ask(ctx, "ping")
		return err
	}
	return resource.New(resource.Config[*session]{
		Open: func(ctx context.Context) (*session, error) {
			var d net.Dialer
			conn, err := d.DialContext(ctx, "tcp", addr)
			if err != nil {
				return nil, err
			}
			return &session{conn, bufio.NewReader(conn)}, nil
		},
		Close:     (*session).Close,
		MaxActive: 2,
		Eviction:  policy.IdleTimeout(time.Minute),
		BorrowTest: policy.Within(time.Second,
			policy.IfIdleFor(checkAfter, policy.Test(ping))),
	})
}

// #endregion pool

// #region use

// ask borrows a session for one question. It releases the session
// only after an answer, and discards it in every other case, even
// after a panic.
func ask(
	ctx context.Context, pool *resource.Pool[*session], line string,
) (string, error) {
	lease, err := pool.Acquire(ctx)
	if err != nil {
		return "", err
	}
	defer lease.Discard() // does nothing after Release
	answer, err := lease.Value().ask(ctx, line)
	if err != nil {
		return "", err
	}
	lease.Release()
	return answer, nil
}

// #endregion use
