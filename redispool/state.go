package redispool

import "strings"

// state is the set of modes that are in force on a connection, and that the pool must
// end before it lends the connection again.
type state uint8

const (
	watching state = 1 << iota
	inMulti
	subscribed
	shardSubscribed
	monitoring // also replication: the server sends a stream of its own
)

// listening contains the states in which replies cannot be counted: in a subscription
// the server sends more of them than there are commands.
const listening = subscribed | shardSubscribed

// after returns the state after a command, if the server obeys it. The rules are
// redigo's, with SSUBSCRIBE in addition.
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

// kind is what a command means for its connection.
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
	monitor      // also SYNC, PSYNC, REPLCONF: afterwards replies cannot be matched with commands
	unsubscribes // UNSUBSCRIBE, PUNSUBSCRIBE or SUNSUBSCRIBE with several replies

	// From here on effectOf decides, by the arguments and KeepSession, whether the
	// command has an effect. If it has none, its kind becomes ordinary.
	unsubscribe
	selectDB
	auth
	hello
	client
	cluster
	acl
	script
	readOnly
	readWrite
	asking
	reset
	quit
)

// longest is the longest name of a command that is not ordinary.
const longest = "PUNSUBSCRIBE"

// kindOf checks the length and the first letter before it compares names, because
// nearly every command is ordinary. Upper and lower case are equal.
func kindOf(cmd string) kind {
	if len(cmd) < 4 || len(cmd) > len(longest) {
		if len(cmd) == 3 && cmd[0]|0x20 == 'a' {
			return either(cmd, "ACL", acl, "", ordinary)
		}
		return ordinary
	}
	switch cmd[0] | 0x20 {
	case 'a':
		return either(cmd, "AUTH", auth, "ASKING", asking)
	case 'c':
		return either(cmd, "CLIENT", client, "CLUSTER", cluster)
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
