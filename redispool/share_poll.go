package redispool

import (
	"net"
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
	pc := w.pc()
	if pc.arrivals == nil {
		pc.arrivals = socketBelow(redigoIn(reflect.ValueOf(pc.c), 5))
	}
	if pc.arrivals == noSocket {
		return false, false
	}
	return pc.arrivals.Check() != nil, true // also after an error of the connection, which Receive returns
}

var noSocket = alive.New(nil)

// socketBelow returns the socket of one of redigo's own connections, or noSocket. redigo has no
// method for it, so the pool reads redigo's field. The connection must be the socket itself: a
// layer above it, such as TLS, may hold bytes that it has already read from the kernel.
func socketBelow(own reflect.Value) *alive.Socket {
	if own.Kind() != reflect.Pointer || own.IsNil() || own.Elem().Kind() != reflect.Struct {
		return noSocket
	}
	field := own.Elem().FieldByName("conn")
	if !field.IsValid() || field.Type() != reflect.TypeFor[net.Conn]() {
		return noSocket
	}
	c := *(*net.Conn)(field.Addr().UnsafePointer())
	if _, isSocket := c.(syscall.Conn); !isSocket {
		return noSocket
	}
	if s := alive.New(c); s.CanTell() {
		return s
	}
	return noSocket
}
