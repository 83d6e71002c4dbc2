package redispool

import (
	"errors"
	"io"
	"net"
	"os"
	"reflect"
	"runtime"
	"syscall"
	"time"

	"github.com/respool/respool/resource/alive"
)

const (
	defaultBusyPoll  = 50 * time.Microsecond // about what it takes to sleep and to be woken
	shortestBusyPoll = time.Microsecond      // a smaller value is a number without a unit
	longestBusyPoll  = 10 * time.Millisecond
)

func (p *Pool) busyPoll() time.Duration {
	if runtime.NumCPU() == 1 { // while a caller polls, a server on this machine could not run
		return 0
	}
	return orDefault(p.ShareBusyPoll, defaultBusyPoll)
}

// Arrived asks the kernel: see multiplex.Wire.
func (w *wire) Arrived() (arrived, known bool) {
	a := w.pc().arrivals
	return a != nil && a.ask(), a != nil
}

// arrivals asks the kernel whether something has arrived on a connection. The connection must be
// the socket itself: a layer above it, such as TLS, may hold bytes that it has already read from
// the kernel.
type arrivals struct {
	conn   net.Conn
	socket *alive.Socket
	taken  error // the error that ask got from the kernel, which reports it once; nil: none
}

// arrivalsOn returns arrivals for one of redigo's own connections, or nil if the kernel cannot tell.
// redigo has no method for its network connection, so the pool reads redigo's field. It does so
// while nobody uses the connection: a wrapper may change what it wraps.
func arrivalsOn(own reflect.Value) (a *arrivals) {
	if own.Kind() != reflect.Pointer || own.IsNil() || own.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := own.Elem().FieldByName("conn")
	if !field.IsValid() || field.Type() != reflect.TypeFor[net.Conn]() {
		return nil
	}
	c := *(*net.Conn)(field.Addr().UnsafePointer())
	if _, isSocket := c.(syscall.Conn); !isSocket {
		return nil
	}
	defer func() {
		if recover() != nil { // a type of the program that has the methods of a socket, but no socket
			a = nil
		}
	}()
	if s := alive.New(c); s.CanTell() {
		return &arrivals{conn: c, socket: s}
	}
	return nil
}

// ask reports whether there is something to receive: bytes, the end, or an error.
func (a *arrivals) ask() bool {
	err := a.socket.Check()
	if err != nil && err != alive.ErrUnread && err != alive.ErrPeerClosed && !errors.Is(err, net.ErrClosed) {
		a.taken = err
	}
	return err != nil
}

// restore returns the error that Receive would have got without polling. If ask has taken an error,
// Receive itself finds only the end.
func (a *arrivals) restore(err error) error {
	if a == nil || a.taken == nil || err != io.EOF {
		return err
	}
	e := &net.OpError{Op: "read", Source: a.conn.LocalAddr(), Addr: a.conn.RemoteAddr(), Err: os.NewSyscallError("read", a.taken)}
	if e.Addr != nil {
		e.Net = e.Addr.Network()
	}
	return e
}
