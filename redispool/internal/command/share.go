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
	sharing      *byName[Sharing]
	sharingOfSub *byName[*byName[Sharing]]
)

func init() {
	alone, withSubs := map[string]Sharing{}, map[string]*byName[Sharing]{}
	for name, c := range table {
		if len(c.Subcommands) == 0 {
			alone[name] = c.sharing()
			continue
		}
		subs := map[string]Sharing{}
		for i := range c.Subcommands {
			s := &c.Subcommands[i]
			_, short, _ := strings.Cut(s.Name, "|")
			subs[short] = s.sharing()
		}
		withSubs[name] = newByName(subs)
	}
	sharing, sharingOfSub = newByName(alone), newByName(withSubs)
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
	if s, ok := sharing.find(name); ok {
		return s
	}
	if subs, ok := sharingOfSub.find(name); ok {
		s, ok := subs.find(sub())
		if !ok {
			return Never // of a later version; a command with subcommands often concerns its connection
		}
		return s
	}
	return Unknown
}
