// Package command knows the keys of Redis commands. Its table comes from a server's reply to COMMAND, and a reply to
// COMMAND INFO describes a command that the table lacks.
package command

import "strings"

// Command says where a command has its keys.
type Command struct {
	Name  string
	Flags Flags `json:",omitempty"`

	// First, Last and Step are the positions of the keys as servers before Redis 7.0 describe them. Position 0 is the
	// command's name. Specs are more exact.
	First, Last, Step int
	Specs             []Spec    `json:",omitempty"`
	Subcommands       []Command `json:",omitempty"` // by their full names, such as "object|encoding"
}

// Flags are what a server says about a command as a whole.
type Flags uint16

const (
	ReadOnly Flags = 1 << iota // it changes no data
	Write
	MovableKeys // First, Last and Step do not find all keys
	Blocking    // it may wait, and its connection with it
	NoScript    // scripts may not use it
	PubSub
	Admin

	// The categories of the server's access control.

	Dangerous
	Connection // it concerns the connection
	Transaction
)

// Spec finds some of a command's keys. The terms are those of Redis' documentation of key specifications. The keys
// begin at a position or behind a keyword. They continue over a range, or over a count of arguments that another
// argument says.
type Spec struct {
	Index   int    `json:",omitempty"` // where it begins; 0: behind Keyword
	Keyword string `json:",omitempty"`
	From    int    `json:",omitempty"` // where the search for Keyword starts; negative: backwards, counted from the end

	ByNumber bool `json:",omitempty"` // the keys follow a number

	Last  int `json:",omitempty"` // of a range: counted from the beginning, or if negative from the end
	Limit int `json:",omitempty"` // of a range whose Last is -1: it has this part of the remaining arguments
	Step  int `json:",omitempty"`

	NumberAt int `json:",omitempty"` // ByNumber: where the number is, counted from the beginning
	FirstKey int `json:",omitempty"` // ByNumber: where the first key is, counted from the beginning

	Unknown bool `json:",omitempty"` // the server cannot describe these keys
}

// Find returns a command of the table. Of a command with subcommands it returns the subcommand if there is one. sub is
// the command's first argument.
func Find(name string, sub func() string) (*Command, bool) {
	c, ok := table[name]
	if !ok {
		if c, ok = table[strings.ToUpper(name)]; !ok {
			return nil, false
		}
	}
	return c.subcommand(sub), true
}

// Select returns the subcommand that sub names, or c.
func (c *Command) Select(sub func() string) *Command { return c.subcommand(sub) }

func (c *Command) subcommand(sub func() string) *Command {
	if len(c.Subcommands) == 0 {
		return c
	}
	want := sub()
	for i := range c.Subcommands {
		s := &c.Subcommands[i]
		if _, short, _ := strings.Cut(s.Name, "|"); strings.EqualFold(short, want) {
			return s
		}
	}
	return c
}

// IsReadOnly reports whether the command changes no data.
func (c *Command) IsReadOnly() bool { return c.Flags&ReadOnly != 0 }

// NeedsServer reports whether only the server can find the command's keys, with COMMAND GETKEYS.
func (c *Command) NeedsServer() bool {
	if finders[strings.ToUpper(c.Name)] != nil {
		return false
	}
	for _, s := range c.Specs {
		if s.Unknown {
			return true
		}
	}
	return len(c.Specs) == 0 && c.Flags&MovableKeys != 0
}
