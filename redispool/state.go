package redispool

import "strings"

// state is what is in force on a connection and must be left before the next
// borrower.
type state uint8

const (
	watching state = 1 << iota
	inMulti
	subscribed
	shardSubscribed
	monitoring // or following as a replica does
)

// listening is the state in which replies cannot be counted: a subscription
// sends more of them than there are commands.
const listening = subscribed | shardSubscribed

// after returns the state once a command has been sent, if the server obeys it.
// These are redigo's rules, and SSUBSCRIBE.
func (s state) after(k kind) state {
	switch k {
	case watch:
		return s | watching
	case unwatch:
		return s &^ watching
	case multi:
		return s | inMulti
	case exec, discard:
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
	exec
	discard
	subscribe
	shardSubscribe
	monitor      // and SYNC, PSYNC, REPLCONF: from then on the server sends what it likes
	unsubscribes // UNSUBSCRIBE and its like, when several replies come
	unsubscribe  // from here on it depends on the arguments or on KeepSession whether it means anything
	selectDB
	auth
	hello
	client
	script
	readOnly
	readWrite
	asking
	reset
	quit
)

// kindOf looks at length and first letter before it compares, since nearly every
// command is an ordinary one. Names count in any case.
func kindOf(cmd string) kind {
	if len(cmd) < 4 || len(cmd) > 12 {
		return ordinary
	}
	switch cmd[0] | 0x20 {
	case 'a':
		return either(cmd, "AUTH", auth, "ASKING", asking)
	case 'c':
		return either(cmd, "CLIENT", client, "", ordinary)
	case 'd':
		return either(cmd, "DISCARD", discard, "", ordinary)
	case 'e':
		return either(cmd, "EXEC", exec, "", ordinary)
	case 'h':
		return either(cmd, "HELLO", hello, "", ordinary)
	case 'm':
		return either(cmd, "MULTI", multi, "MONITOR", monitor)
	case 'p':
		if k := either(cmd, "PSUBSCRIBE", subscribe, "PUNSUBSCRIBE", unsubscribe); k != ordinary {
			return k
		}
		return either(cmd, "PSYNC", monitor, "", ordinary)
	case 'q':
		return either(cmd, "QUIT", quit, "", ordinary)
	case 'r':
		if k := either(cmd, "READONLY", readOnly, "READWRITE", readWrite); k != ordinary {
			return k
		}
		return either(cmd, "RESET", reset, "REPLCONF", monitor)
	case 's':
		return kindOfS(cmd)
	case 'u':
		return either(cmd, "UNWATCH", unwatch, "UNSUBSCRIBE", unsubscribe)
	case 'w':
		return either(cmd, "WATCH", watch, "", ordinary)
	}
	return ordinary
}

func kindOfS(cmd string) kind {
	switch len(cmd) {
	case 4:
		return either(cmd, "SYNC", monitor, "", ordinary)
	case 6:
		return either(cmd, "SELECT", selectDB, "SCRIPT", script)
	}
	if k := either(cmd, "SUBSCRIBE", subscribe, "SSUBSCRIBE", shardSubscribe); k != ordinary {
		return k
	}
	return either(cmd, "SUNSUBSCRIBE", unsubscribe, "", ordinary)
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
