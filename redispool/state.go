package redispool

import "strings"

// state is what is in force on a connection and must be left before the next
// borrower: redigo's rules, and SSUBSCRIBE.
type state uint8

const (
	watching state = 1 << iota
	inMulti
	subscribed
	shardSubscribed
	monitoring
)

// after returns the state once a command has been sent. It is not taken back
// when the server refuses the command: to leave what was never entered does no
// harm.
func (s state) after(k kind) state {
	switch k {
	case watch:
		return s | watching
	case unwatch:
		return s &^ watching
	case multi:
		return s | inMulti
	case exec:
		return s &^ (watching | inMulti)
	case subscribe:
		return s | subscribed
	case shardSubscribe:
		return s | shardSubscribed
	case monitor:
		return s | monitoring
	}
	return s
}

// kind is what a command means for the connection that it is sent on.
type kind uint8

const (
	ordinary kind = iota
	watch
	unwatch
	multi
	exec // and DISCARD
	subscribe
	shardSubscribe
	monitor
	selectDB
	auth
	hello
	client
	readOnly
	readWrite
	asking
	final // leaves a connection that is of no use, or in its first state
)

// kindOf looks at length and first letter before it compares, since nearly every
// command is an ordinary one. Names count in any case.
func kindOf(cmd string) kind {
	if len(cmd) < 4 || len(cmd) > 10 {
		return ordinary
	}
	switch cmd[0] | 0x20 {
	case 'a':
		return either(cmd, "AUTH", auth, "ASKING", asking)
	case 'c':
		return either(cmd, "CLIENT", client, "", ordinary)
	case 'd':
		return either(cmd, "DISCARD", exec, "", ordinary)
	case 'e':
		return either(cmd, "EXEC", exec, "", ordinary)
	case 'h':
		return either(cmd, "HELLO", hello, "", ordinary)
	case 'm':
		return either(cmd, "MULTI", multi, "MONITOR", monitor)
	case 'p':
		return either(cmd, "PSUBSCRIBE", subscribe, "PSYNC", final)
	case 'q':
		return either(cmd, "QUIT", final, "", ordinary)
	case 'r':
		if k := either(cmd, "READONLY", readOnly, "READWRITE", readWrite); k != ordinary {
			return k
		}
		return either(cmd, "RESET", final, "", ordinary)
	case 's':
		if k := either(cmd, "SUBSCRIBE", subscribe, "SSUBSCRIBE", shardSubscribe); k != ordinary {
			return k
		}
		return either(cmd, "SELECT", selectDB, "SYNC", final)
	case 'u':
		return either(cmd, "UNWATCH", unwatch, "", ordinary)
	case 'w':
		return either(cmd, "WATCH", watch, "", ordinary)
	}
	return ordinary
}

func either(cmd, a string, ka kind, b string, kb kind) kind {
	switch {
	case len(cmd) == len(a) && strings.EqualFold(cmd, a):
		return ka
	case len(cmd) == len(b) && strings.EqualFold(cmd, b):
		return kb
	}
	return ordinary
}
