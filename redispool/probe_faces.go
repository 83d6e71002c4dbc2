package redispool

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
)

// faceOf returns p with the optional interfaces that the connection has, and no
// others, because a test may check for them. Each face contains only a pointer, so it
// costs no allocation.
func faceOf(p *probe) redis.Conn {
	_, timeout := p.pc.c.(redis.ConnWithTimeout)
	_, ctx := p.pc.c.(redis.ConnWithContext)
	switch {
	case timeout && ctx:
		return fullProbe{p}
	case timeout:
		return timeoutProbe{p}
	case ctx:
		return contextProbe{p}
	}
	return p
}

type timeoutProbe struct{ *probe }

func (p timeoutProbe) DoWithTimeout(d time.Duration, cmd string, args ...any) (any, error) {
	return p.doTimeout(d, cmd, args)
}

func (p timeoutProbe) ReceiveWithTimeout(d time.Duration) (any, error) { return p.receiveTimeout(d) }

type contextProbe struct{ *probe }

func (p contextProbe) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	return p.doContext(ctx, cmd, args)
}

func (p contextProbe) ReceiveContext(ctx context.Context) (any, error) { return p.receiveContext(ctx) }

type fullProbe struct{ *probe }

func (p fullProbe) DoWithTimeout(d time.Duration, cmd string, args ...any) (any, error) {
	return p.doTimeout(d, cmd, args)
}

func (p fullProbe) ReceiveWithTimeout(d time.Duration) (any, error) { return p.receiveTimeout(d) }

func (p fullProbe) DoContext(ctx context.Context, cmd string, args ...any) (any, error) {
	return p.doContext(ctx, cmd, args)
}

func (p fullProbe) ReceiveContext(ctx context.Context) (any, error) { return p.receiveContext(ctx) }

var (
	_ redis.ConnWithTimeout = timeoutProbe{}
	_ redis.ConnWithContext = contextProbe{}
	_ redis.ConnWithTimeout = fullProbe{}
	_ redis.ConnWithContext = fullProbe{}
)
