package command

import "strings"

// Sharing says whether the callers of a command may share a connection.
type Sharing uint8

const (
	Unknown   Sharing = iota // the table does not have the command
	Never                    // it waits, or it concerns its connection
	Unlisted                 // it is not in the list of those that may share
	Unblocked                // they may, unless it has the argument BLOCK
	Shared
)

// listed are commands that share although their flags speak against it.
var listed = map[string]bool{
	"ECHO":     true, // its category is that of commands for connections, but it changes nothing
	"PING":     true, // the same
	"PUBLISH":  true, // it has the flag of subscriptions
	"SPUBLISH": true,
}

// unblocked are commands that wait only if they have the argument BLOCK.
var unblocked = map[string]bool{"XREAD": true, "XREADGROUP": true}

// sharing and sharingOfSub are computed from the table. The first has commands, the second
// has subcommands.
var (
	sharing      = map[string]Sharing{}
	sharingOfSub = map[string]map[string]Sharing{}
)

func init() {
	for name, c := range table {
		if len(c.Subcommands) == 0 {
			sharing[name] = c.sharing()
			continue
		}
		subs := map[string]Sharing{}
		for i := range c.Subcommands {
			s := &c.Subcommands[i]
			_, short, _ := strings.Cut(s.Name, "|")
			subs[short] = s.sharing()
		}
		sharingOfSub[name] = subs
	}
}

func (c *Command) sharing() Sharing {
	switch {
	case listed[c.Name]:
		return Shared
	case unblocked[c.Name]:
		return Unblocked
	case c.Flags&(Blocking|Connection|Transaction) != 0:
		return Never
	case c.Flags&(PubSub|Admin|Dangerous|NoScript) != 0:
		return Unlisted
	}
	return Shared
}

// SharingOf looks up a command. sub returns its first argument, and is called only if the command has subcommands.
// Nothing is allocated, whatever case the name has.
func SharingOf(name string, sub func() string) Sharing {
	if s, ok := inAnyCase(sharing, name); ok {
		return s
	}
	if subs, ok := inAnyCase(sharingOfSub, name); ok {
		s, ok := inAnyCase(subs, sub())
		if !ok {
			return Never // of a later version; a command with subcommands often concerns its connection
		}
		return s
	}
	return Unknown
}

// longest is the length of the longest name that a table has, or more.
const longest = 24

func inAnyCase[V any](in map[string]V, name string) (v V, ok bool) {
	if v, ok = in[name]; ok || len(name) > longest {
		return v, ok
	}
	var upper [longest]byte
	for i := range len(name) {
		upper[i] = name[i]
		if 'a' <= name[i] && name[i] <= 'z' {
			upper[i] -= 'a' - 'A'
		}
	}
	v, ok = in[string(upper[:len(name)])]
	return v, ok
}
