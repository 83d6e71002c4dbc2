package main

import (
	"context"
	"errors"
	"net"
	"net/smtp"
	"net/textproto"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource"
)

// #region mailer

// mailer is a session with an SMTP server.
type mailer struct {
	conn   net.Conn
	client *smtp.Client
	begun  bool // a transaction that has not ended
}

// converse talks to the server until the context ends.
func (m *mailer) converse(ctx context.Context, talk func() error) error {
	stop := context.AfterFunc(ctx, func() {
		m.conn.SetDeadline(time.Now()) // interrupts talk
	})
	err := talk()
	if !stop() {
		return ctx.Err()
	}
	return err
}

func (m *mailer) send(from, to string, text []byte) error {
	m.begun = true
	if err := m.client.Mail(from); err != nil {
		return err
	}
	if err := m.client.Rcpt(to); err != nil {
		return err
	}
	w, err := m.client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	m.begun = false
	return nil
}

// #endregion mailer

// #region mailpool

type dialFunc func(ctx context.Context) (net.Conn, error)

func newMailPool(dial dialFunc) (*resource.Pool[*mailer], error) {
	noop := func(ctx context.Context, m *mailer, _ time.Time) error {
		return m.converse(ctx, m.client.Noop)
	}
	return resource.New(resource.Config[*mailer]{
		Open: func(ctx context.Context) (*mailer, error) {
			return openMailer(ctx, dial)
		},
		Close: func(m *mailer) error { return m.conn.Close() },
		Cleanup: func(ctx context.Context, m *mailer) error {
			if !m.begun {
				return nil
			}
			m.begun = false
			return m.converse(ctx, m.client.Reset)
		},
		CleanupTimeout: time.Second,
		MaxActive:      8,
		Eviction:       policy.IdleTimeout(time.Minute),
		BorrowTest: policy.Within(time.Second,
			policy.IfIdleFor(10*time.Second, policy.Test(noop))),
	})
}

func openMailer(ctx context.Context, dial dialFunc) (*mailer, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	m := &mailer{conn: conn}
	err = m.converse(ctx, func() (err error) {
		m.client, err = smtp.NewClient(conn, "mail.example")
		if err != nil {
			return err
		}
		return m.client.Hello("client.example")
	})
	if err != nil {
		conn.Close()
		return nil, err
	}
	return m, nil
}

// #endregion mailpool

// #region mail

// mail sends a mail. The session goes back if the server has
// answered, even with a refusal. After any other error mail does not
// know what the server has read, or may still answer.
func mail(
	ctx context.Context, pool *resource.Pool[*mailer],
	from, to string, text []byte,
) error {
	lease, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer lease.Discard() // does nothing after Release
	m := lease.Value()
	err = m.converse(ctx, func() error {
		return m.send(from, to, text)
	})
	if err == nil || isRefusal(err) {
		lease.Release()
	}
	return err
}

// isRefusal reports whether the server has refused and keeps the
// session. With 421 it ends the session.
func isRefusal(err error) bool {
	var answer *textproto.Error
	return errors.As(err, &answer) && answer.Code != 421
}

// #endregion mail
