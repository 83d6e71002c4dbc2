package redispool

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/slotmap"
)

var (
	// ErrClusterClosed is the error of a command on a closed Cluster.
	ErrClusterClosed = errors.New("redispool: the cluster is closed")

	errNoNode     = errors.New("redispool: the cluster has no such node")
	errNoStartup  = errors.New("redispool: Cluster.StartupNodes is empty")
	errNoConn     = errors.New("redispool: the dial function returned neither a connection nor an error")
	errBound      = errors.New("redispool: the connection is bound to a node already")
	errSimpleOnly = errors.New("redispool: a connection of RetryConn has only Do, Close and Err")
)

// CrossSlotError is the error of a command whose keys, or whose key and that of an
// earlier command on the same connection, are in different slots. It was not sent.
type CrossSlotError struct {
	Command   string // its name, or "Bind"
	Key       string // of the command
	Slot      int    // of Key
	OtherKey  string // the key before, in another slot
	OtherSlot int    // of OtherKey
	Bound     bool   // OtherKey is that of an earlier command, or of Bind
}

func (e *CrossSlotError) Error() string {
	if e.Bound {
		return fmt.Sprintf(
			"redispool: %s: key %q is in slot %d, and the connection is bound to slot %d by key %q; use another connection, Cluster.Do, or keys with a common {tag}",
			e.Command, short(e.Key), e.Slot, e.OtherSlot, short(e.OtherKey))
	}
	return fmt.Sprintf("redispool: %s: keys %q in slot %d and %q in slot %d must be in one slot; use keys with a common {tag}, or SplitBySlot",
		e.Command, short(e.OtherKey), e.OtherSlot, short(e.Key), e.Slot)
}

func short(key string) string {
	const most = 64
	if len(key) > most {
		return key[:most] + "..."
	}
	return key
}

// RedirError is an error reply by which a node redirects a command to another one.
type RedirError struct {
	Type    string // MOVED or ASK
	NewSlot int    // the slot of the key
	Addr    string // as the node wrote it

	raw string
}

func (e *RedirError) Error() string { return e.raw }

// ParseRedir returns the redirection that err is or wraps, or nil if err is no redirection.
func ParseRedir(err error) *RedirError {
	e, ok := serverError(err)
	if !ok {
		return nil
	}
	r, ok := slotmap.ParseRedirect(string(e))
	if !ok {
		return nil
	}
	return &RedirError{Type: r.Kind, NewSlot: r.Slot, Addr: r.Addr, raw: string(e)}
}

// IsTryAgain reports whether err is the server's TRYAGAIN: some of the command's keys
// are at one node and some at another, because their slot is being moved.
func IsTryAgain(err error) bool { return isServerError(err, "TRYAGAIN") }

// IsCrossSlot reports whether err says that the keys of a command are in different
// slots: it is a [CrossSlotError], or the server's CROSSSLOT.
func IsCrossSlot(err error) bool {
	var own *CrossSlotError
	return isServerError(err, "CROSSSLOT") || errors.As(err, &own)
}

func isServerError(err error, word string) bool {
	e, ok := serverError(err)
	return ok && firstWord(string(e)) == word
}

func firstWord(text string) string {
	for i := range len(text) {
		if text[i] == ' ' {
			return text[:i]
		}
	}
	return text
}

// isFinalDial reports whether dialing again will not help: the server refuses the
// password, or the pool is full or has invalid fields.
func isFinalDial(err error) bool {
	if errors.Is(err, redis.ErrPoolExhausted) || errors.Is(err, errNoStartup) {
		return true
	}
	if e, ok := serverError(err); ok {
		switch firstWord(string(e)) {
		case "WRONGPASS", "NOAUTH", "NOPERM", "DENIED":
			return true
		}
		return strings.Contains(string(e), "cluster support disabled")
	}
	return false
}

// isUnwritten reports whether the connection broke while the command was written. A
// server executes only commands that it has completely.
func isUnwritten(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "write"
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
