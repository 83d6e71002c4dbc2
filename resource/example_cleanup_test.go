package resource_test

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/respool/respool/resource"
)

// smtpSession is a session with a mail server.
type smtpSession struct {
	conn net.Conn
	text *textproto.Conn
}

// command sends a line, and returns an error unless the answer is a 2xx.
func (s *smtpSession) command(line string) error {
	if err := s.text.PrintfLine("%s", line); err != nil {
		return err
	}
	_, _, err := s.text.ReadResponse(2)
	return err
}

// reset aborts the mail transaction, if there is one.
func (s *smtpSession) reset(ctx context.Context) error {
	deadline, _ := ctx.Deadline() // the zero time: none
	s.conn.SetDeadline(deadline)
	defer s.conn.SetDeadline(time.Time{})
	return s.command("RSET")
}

// serveMail answers on one connection as an SMTP server does: a second MAIL
// within a transaction is refused, and RSET ends the transaction.
func serveMail(conn net.Conn) {
	defer conn.Close()
	inMail := false
	for in := bufio.NewScanner(conn); in.Scan(); {
		answer := "250 OK"
		switch line := in.Text(); {
		case line == "RSET":
			inMail = false
		case strings.HasPrefix(line, "MAIL") && inMail:
			answer = "503 nested MAIL command"
		case strings.HasPrefix(line, "MAIL"):
			inMail = true
		case line == "RCPT TO:<nobody>":
			answer = "550 no such user"
		}
		fmt.Fprintf(conn, "%s\r\n", answer)
	}
}

// A mail that is refused leaves its session in the middle of a transaction.
// Cleanup ends the transaction before the session is lent again.
func ExampleConfig_cleanup() {
	pool, err := resource.New(resource.Config[*smtpSession]{
		Open: func(context.Context) (*smtpSession, error) {
			client, server := net.Pipe()
			go serveMail(server)
			return &smtpSession{client, textproto.NewConn(client)}, nil
		},
		Close:          func(s *smtpSession) error { return s.text.Close() },
		Cleanup:        func(ctx context.Context, s *smtpSession) error { return s.reset(ctx) },
		CleanupTimeout: time.Second,
		MaxActive:      1,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	send := func(to string) error {
		return pool.Do(context.Background(), func(_ context.Context, s *smtpSession) error {
			if err := s.command("MAIL FROM:<us>"); err != nil {
				return err
			}
			return s.command("RCPT TO:<" + to + ">")
		})
	}
	fmt.Println("refused:", send("nobody") != nil)
	fmt.Println("refused:", send("you") != nil)
	fmt.Println("opened:", pool.Stats().Opened)
	// Output:
	// refused: true
	// refused: false
	// opened: 1
}
