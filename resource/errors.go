package resource

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/respool/respool/resource/ledger"
)

var (
	// The errors below are wrapped in a [*PoolError]: compare with [errors.Is].

	// ErrClosed is returned by acquires of a pool that has been closed.
	ErrClosed = errors.New("resource: pool is closed")

	// ErrExhausted is returned by TryAcquire when MaxActive resources exist and none is idle.
	// [ErrTooManyWaiters], [ErrWaitTimeout] and [ErrShed] say why a caller that was willing to
	// wait got nothing, and [ErrReserved] why a background caller did. All of them wrap
	// ErrExhausted, so errors.Is(err, ErrExhausted) is true for every refusal by a full pool.
	ErrExhausted = errors.New("resource: pool is exhausted")

	// ErrTooManyWaiters is returned when MaxWaiters callers wait already. It wraps
	// [ErrExhausted].
	ErrTooManyWaiters = fmt.Errorf("%w: too many callers wait", ErrExhausted)

	// ErrWaitTimeout is returned to a caller that has waited for WaitTimeout. It
	// wraps [ErrExhausted].
	ErrWaitTimeout = fmt.Errorf("%w: waited too long", ErrExhausted)

	// ErrShed is returned to a caller that has waited for Config.Shed.Target while the pool is
	// overloaded. Its refusal lets the pool serve others in time. It wraps [ErrExhausted].
	ErrShed = fmt.Errorf("%w: overloaded, refused early", ErrExhausted)

	// ErrReserved is returned by [Pool.AcquireBackground] while a caller waits, or if fewer
	// than Config.Reserve places would be left. It wraps [ErrExhausted].
	ErrReserved = fmt.Errorf("%w: the rest is reserved", ErrExhausted)

	// ErrKeyRemoved is returned to callers that wait for a resource of a key while
	// [Keyed.Remove] removes the key. The next acquire makes the key again.
	ErrKeyRemoved = errors.New("resource: key was removed")
)

// OpenError is returned by acquires that had to open a resource and failed.
type OpenError struct {
	Err error // what Config.Open returned
}

func (e *OpenError) Error() string { return "resource: open: " + e.Err.Error() }

// Unwrap returns the error of Config.Open.
func (e *OpenError) Unwrap() error { return e.Err }

// KeyError is returned by acquires of a [Keyed] that could not make the pool of a
// key: KeyedConfig.Config returned an error, or a Config that is invalid.
type KeyError struct {
	Key any   // the key
	Err error // the error of KeyedConfig.Config, or the one about an invalid Config
}

func (e *KeyError) Error() string {
	return fmt.Sprintf("resource: key %s: %v", keyText(e.Key), e.Err)
}

// Unwrap returns Err.
func (e *KeyError) Unwrap() error { return e.Err }

// keyText is a key in a text for the reader of a log. It is quoted if it is empty or would break
// the line: keys may come from a program's users.
func keyText(key any) string {
	text := fmt.Sprint(key)
	unprintable := strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
	if text == "" || unprintable || !utf8.ValidString(text) {
		return strconv.Quote(text)
	}
	return text
}

// HeldError is returned by acquires that needed a new resource while openings were held
// because an earlier one had failed; see Config.OpenBackoff.
type HeldError struct {
	// Err is what ended the wait: the context's error, ErrWaitTimeout or ErrShed. It is nil if
	// the acquire did not wait, or if nothing bounded its wait.
	Err error
	// Open is the error of the last opening that failed, an [*OpenError]. It was made for another
	// acquire, or in advance.
	Open error
}

func (e *HeldError) Error() string {
	text := fmt.Sprintf("opens are held back after a failure: %v", e.Open)
	if e.Err == nil {
		return "resource: " + text
	}
	return e.Err.Error() + ": " + text
}

// Unwrap returns Err, if there is one, and Open.
func (e *HeldError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Open}
	}
	return []error{e.Err, e.Open}
}

// ShutdownError is returned by Shutdown and Terminate, of a [Pool] and of a [Keyed], if the
// context ended before all resources had come back.
type ShutdownError struct {
	// Leased, Opening, Testing and Closing count the resources that were left when the context
	// ended. Those in Terminated are closed already; the others are closed when they come back.
	Leased, Opening, Testing, Closing int
	// Err is the context's error.
	Err error
	// Terminated are the leases that Terminate has ended. They count in Leased.
	Terminated []TerminatedLease
}

func (e *ShutdownError) Error() string {
	var out []string
	for _, c := range []struct {
		n    int
		what string
	}{{e.Leased, "leased"}, {e.Opening, "being opened"}, {e.Testing, "being tested"}, {e.Closing, "being closed"}} {
		if c.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	text := fmt.Sprintf("resource: shutdown incomplete, %s: %v", strings.Join(out, ", "), e.Err)
	for i, l := range e.Terminated {
		if i == maxTerminated {
			return fmt.Sprintf("%s; and %d more", text, len(e.Terminated)-i)
		}
		text = fmt.Sprintf("%s; closed under its holder: %v", text, l)
	}
	return text
}

// maxTerminated is how many leases a text names.
const maxTerminated = 5

// Unwrap returns the context's error.
func (e *ShutdownError) Unwrap() error { return e.Err }

// refusal converts the ledger's refusal to an error of this package.
func refusal(why ledger.Refusal) error {
	switch why {
	case ledger.Exhausted:
		return ErrExhausted
	case ledger.QueueFull:
		return ErrTooManyWaiters
	case ledger.TimedOut:
		return ErrWaitTimeout
	case ledger.Shed:
		return ErrShed
	case ledger.Reserved:
		return ErrReserved
	case ledger.Shutdown:
		return ErrClosed
	}
	panic(fmt.Sprintf("resource: refused for an unknown reason, %v", why))
}
