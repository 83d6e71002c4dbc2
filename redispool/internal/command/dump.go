package command

import (
	"slices"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// commands.json is a Dump of one version of Redis. To take that of another version, run
//
//	go run ../commandgen -from 127.0.0.1:6379
//
// here, with the address of such a server.
//
//go:generate go run ../commandgen

// Dump is what a server says about all its commands.
type Dump struct {
	Version  string
	Commands []Command
}

// Ask asks a server for its commands.
func Ask(c redis.Conn) (*Dump, error) {
	info, err := redis.String(c.Do("INFO", "server"))
	if err != nil {
		return nil, err
	}
	_, version, _ := strings.Cut(info, "redis_version:")
	version, _, _ = strings.Cut(version, "\r")
	reply, err := c.Do("COMMAND")
	if err != nil {
		return nil, err
	}
	all, err := parseEach(reply, Parse)
	if err != nil {
		return nil, err
	}
	d := &Dump{Version: version}
	for _, one := range all {
		d.Commands = append(d.Commands, *one)
	}
	slices.SortFunc(d.Commands, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return d, nil
}
