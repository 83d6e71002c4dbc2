package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// errNoCommand is the error for a command that the server does not know.
var errNoCommand = errors.New("the server does not know the command")

// Parse reads the description of one command, an element of the reply to COMMAND or to COMMAND INFO.
func Parse(reply any) (*Command, error) {
	list, err := redis.Values(reply, nil)
	switch {
	case errors.Is(err, redis.ErrNil), err == nil && len(list) == 0:
		return nil, errNoCommand
	case err != nil:
		return nil, err
	case len(list) < 6:
		return nil, fmt.Errorf("a command is described by %d elements, not by 6 or more", len(list))
	}
	c := new(Command)
	var flags []any
	var arity int
	if _, err := redis.Scan(list, &c.Name, &arity, &flags, &c.First, &c.Last, &c.Step); err != nil {
		return nil, err
	}
	c.Name = strings.ToUpper(c.Name)
	if c.Flags, err = parseFlags(flags); err != nil {
		return nil, err
	}
	if len(list) > 6 {
		categories, err := parseFlags(list[6])
		if err != nil {
			return nil, err
		}
		c.Flags |= categories
	}
	if len(list) < 10 {
		return c, nil // from a server before Redis 7.0
	}
	if c.Specs, err = parseEach(list[8], parseSpec); err != nil {
		return nil, err
	}
	c.Subcommands, err = parseEach(list[9], func(reply any) (Command, error) {
		sub, err := Parse(reply)
		if err != nil {
			return Command{}, err
		}
		return *sub, nil
	})
	slices.SortFunc(c.Subcommands, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return c, err
}

func parseEach[T any](reply any, parse func(any) (T, error)) (all []T, err error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		one, err := parse(r)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// flagsByName has the flags and categories that count, as servers write them.
var flagsByName = map[string]Flags{
	"readonly":     ReadOnly,
	"write":        Write,
	"movablekeys":  MovableKeys,
	"blocking":     Blocking,
	"noscript":     NoScript,
	"pubsub":       PubSub,
	"admin":        Admin,
	"@dangerous":   Dangerous,
	"@connection":  Connection,
	"@transaction": Transaction,
}

func parseFlags(reply any) (flags Flags, err error) {
	names, err := redis.Strings(reply, nil)
	for _, name := range names {
		flags |= flagsByName[name]
	}
	return flags, err
}

// fields are the names and values of a map in a reply.
type fields map[string]any

func parseFields(reply any) (fields, error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return nil, err
	}
	f := fields{}
	for i := 0; i+1 < len(list); i += 2 {
		name, err := redis.String(list[i], nil)
		if err != nil {
			return nil, err
		}
		f[name] = list[i+1]
	}
	return f, nil
}

// part returns the type of a spec's part, and its fields.
func (f fields) part(name string) (kind string, spec fields, err error) {
	both, err := parseFields(f[name])
	if err != nil {
		return "", nil, err
	}
	if kind, err = redis.String(both["type"], nil); err != nil {
		return "", nil, err
	}
	spec, err = parseFields(both["spec"])
	return kind, spec, err
}

func (f fields) ints(to map[string]*int) error {
	for name, n := range to {
		var err error
		if *n, err = redis.Int(f[name], nil); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func parseSpec(reply any) (s Spec, err error) {
	f, err := parseFields(reply)
	if err != nil {
		return s, err
	}
	kind, begin, err := f.part("begin_search")
	if err != nil {
		return s, err
	}
	switch kind {
	case "index":
		err = begin.ints(map[string]*int{"index": &s.Index})
	case "keyword":
		if s.Keyword, err = redis.String(begin["keyword"], nil); err == nil {
			err = begin.ints(map[string]*int{"startfrom": &s.From})
		}
	default:
		return Spec{Unknown: true}, nil
	}
	if err != nil {
		return s, err
	}
	kind, find, err := f.part("find_keys")
	if err != nil {
		return s, err
	}
	switch kind {
	case "range":
		err = find.ints(map[string]*int{"lastkey": &s.Last, "keystep": &s.Step, "limit": &s.Limit})
	case "keynum":
		s.ByNumber = true
		err = find.ints(map[string]*int{"keynumidx": &s.NumberAt, "firstkey": &s.FirstKey, "keystep": &s.Step})
	default:
		return Spec{Unknown: true}, nil
	}
	return s, err
}
