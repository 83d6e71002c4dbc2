package main

import (
	"fmt"
	"strings"
)

// command is one of poolsim's commands.
type command struct {
	name    string
	args    string // what follows the flags, for the help
	files   int    // the most arguments that follow the flags
	summary string
	text    string // of the help, before the flags
	// begin defines the flags, and returns what to do when they are read.
	begin func() (*flags, action)
}

// action is what a command does, with the arguments that follow its flags.
type action func(p *process, files []string) error

// start reads a command line, and does what it says.
func (c *command) start(p *process, args []string) error {
	f, do := c.begin()
	files, err := f.parse(args, c.files)
	if err != nil {
		return err
	}
	return do(p, files)
}

func commands() []*command {
	all := []*command{runCommand(), sweepCommand(), adviseCommand(), fitCommand(), checkCommand(), traceCommand(), replayCommand()}
	all = append(all, realTimeCommands()...)
	return append(all, versionCommand())
}

func find(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

func commandNames() string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

func overview() string {
	var b strings.Builder
	b.WriteString(overviewHead)
	for _, c := range commands() {
		fmt.Fprintf(&b, "  %-9s %s\n", c.name, c.summary)
	}
	b.WriteString(overviewTail)
	return b.String()
}

func (c *command) help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "poolsim %s %s\n\n%s", c.name, c.args, reflowed(strings.TrimPrefix(c.text, "\n")))
	f, _ := c.begin()
	f.describe(&b)
	return b.String()
}

// reflowed breaks the paragraphs of a text at 80 columns. Indented lines stay as they
// are.
func reflowed(text string) string {
	var b strings.Builder
	var paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			writeText(&b, defaultWidth, strings.Join(paragraph, " "))
		}
		paragraph = nil
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if line == "" || line[0] == ' ' {
			end()
			b.WriteString(line + "\n")
			continue
		}
		paragraph = append(paragraph, line)
	}
	end()
	return b.String()
}

const overviewHead = `poolsim simulates a resource pool: the very logic that runs in production, in
virtual time, from a seed. An hour of traffic takes a second or two.

Start with a question. How long do callers wait, if 2,000 requests a second hold
a connection for 3 ms each, and there are 10 connections?

  poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait

How many connections keep the 99th percentile of that wait under 5 ms?

  poolsim sweep -rate 2000 -hold exp:3ms -wait -max-active 4:32 -target p99=5ms

And what if the server restarts now and then, and opening takes 20 ms?

  poolsim run -rate 2000 -hold exp:3ms -max-active 10 -wait \
      -open-latency 20ms -restart 10s,30s -duration 1m -svg restart.svg

Commands:

`

const overviewTail = `
  poolsim help COMMAND has the flags of each, and examples.

The same command with the same seed prints the same, on any machine. Only
figures of real time differ, and they stand apart. Exit status: 0 success; 1 an
invariant is violated, a target is not met, or a replay differs; 2 the command
line or a file is not valid.
`
