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
	errNoAddress  = errors.New("redispool: an address in Cluster.StartupNodes must have the form host:port")
	errNoStartup  = errors.New("redispool: Cluster.StartupNodes is empty")
	errNoConn     = errors.New("redispool: the dial function returned neither a connection nor an error")
	errBound      = errors.New("redispool: the connection is bound to a node already")
	errSimpleOnly = errors.New("redispool: a connection of RetryConn has only Do, Close and Err")
)

// connOnlyError returns the error for a command that [Cluster.Do] does not send, because its
// effect would be lost with its connection, or the server would not reply. For other commands
// it returns nil.
func connOnlyError(cmd string, args argList) error {
	switch kindOf(cmd) {
	case watch, multi, exec, discard, subscribe, shardSubscribe, monitor, asking:
	case client:
		if !strings.EqualFold(args.Text(0), "REPLY") {
			return nil
		}
	case cluster:
		if !strings.EqualFold(args.Text(0), "SYNCSLOTS") {
			return nil
		}
	default:
		return nil
	}
	return fmt.Errorf("redispool: Cluster.Do cannot send %s, which concerns a connection; use one of Cluster.Get", strings.ToUpper(cmd))
}

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

// isNoAddress reports whether a dial has failed because of how the address is written.
func isNoAddress(err error) bool {
	var addr *net.AddrError
	var lookup *net.DNSError
	switch {
	case errors.As(err, &addr):
		return true
	case errors.As(err, &lookup):
		return lookup.Err == "unknown port"
	}
	return err != nil && strings.HasSuffix(err.Error(), "missing address")
}

// isFinalDial reports whether dialing again will not help: the server refuses the
// password, or the pool is full or has invalid fields.
func isFinalDial(err error) bool {
	if isMisuse(err) || errors.Is(err, redis.ErrPoolExhausted) || errors.Is(err, errNoStartup) || errors.Is(err, errNoAddress) {
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
