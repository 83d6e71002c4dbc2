package command

import (
	"strconv"
	"strings"
)

// Args are a command's arguments, without its name.
type Args interface {
	Len() int
	Text(i int) string
}

// Keys appends the indexes of the arguments that are keys.
func (c *Command) Keys(to []int, args Args) []int {
	if find := finders[c.Name]; find != nil {
		return find(to, args)
	}
	if len(c.Specs) == 0 {
		return c.legacyKeys(to, args)
	}
	for i := range c.Specs {
		to = c.Specs[i].keys(to, args)
	}
	return to
}

// legacyKeys finds the keys as servers before Redis 7.0 describe them.
func (c *Command) legacyKeys(to []int, args Args) []int {
	if c.First <= 0 {
		return to
	}
	last := c.Last
	if last < 0 {
		last += args.Len() + 1
	}
	return appendRange(to, args, c.First, last, c.Step)
}

// appendRange appends the arguments from position first to last. The command's name has position 0.
func appendRange(to []int, args Args, first, last, step int) []int {
	step = max(step, 1)
	for i := first; i <= min(last, args.Len()); i += step {
		if i > 0 {
			to = append(to, i-1)
		}
	}
	return to
}

func (s *Spec) keys(to []int, args Args) []int {
	first, ok := s.begin(args)
	if !ok {
		return to
	}
	if !s.ByNumber {
		return appendRange(to, args, first, s.end(first, args.Len()+1), s.Step)
	}
	at := first + s.NumberAt
	if at > args.Len() {
		return to
	}
	first += s.FirstKey
	n, err := strconv.Atoi(args.Text(at - 1))
	if err != nil || n <= 0 || n > args.Len()-first+1 {
		return to // the server refuses the command
	}
	return appendRange(to, args, first, first+(n-1)*max(s.Step, 1), s.Step)
}

// begin returns the position at which the search for keys begins.
func (s *Spec) begin(args Args) (first int, ok bool) {
	switch {
	case s.Unknown:
		return 0, false
	case s.Index > 0:
		return s.Index, s.Index <= args.Len()
	case s.From > 0:
		for i := s.From; i < args.Len(); i++ {
			if strings.EqualFold(args.Text(i-1), s.Keyword) {
				return i + 1, true
			}
		}
	default:
		for i := args.Len() + 1 + s.From; i > 0; i-- {
			if strings.EqualFold(args.Text(i-1), s.Keyword) {
				return i + 1, true
			}
		}
	}
	return 0, false
}

// end returns the position of the last key of a range. count is the number of arguments, the name included.
func (s *Spec) end(first, count int) int {
	switch {
	case s.Last >= 0:
		return first + s.Last
	case s.Limit > 1:
		return first + (count-first)/s.Limit + s.Last
	}
	return count + s.Last
}

// finders find the keys of commands that a server describes incompletely.
var finders = map[string]func([]int, Args) []int{
	"SORT":    sortKeys,
	"SORT_RO": func(to []int, args Args) []int { return appendRange(to, args, 1, 1, 1) },
	"MIGRATE": migrateKeys,
}

// sortKeys finds the key that is sorted, and the one that STORE names. If STORE is there more than once, the last counts.
func sortKeys(to []int, args Args) []int {
	if args.Len() == 0 {
		return to
	}
	to, store := append(to, 0), 0
	for i := 1; i < args.Len(); i++ {
		switch option := args.Text(i); {
		case strings.EqualFold(option, "LIMIT"):
			i += 2
		case strings.EqualFold(option, "GET"), strings.EqualFold(option, "BY"):
			i++
		case strings.EqualFold(option, "STORE") && i+1 < args.Len():
			i++
			store = i
		}
	}
	if store > 0 {
		to = append(to, store)
	}
	return to
}

// migrateKeys finds the third argument, or if that is empty those behind KEYS. A user's name or a password may read KEYS,
// too.
func migrateKeys(to []int, args Args) []int {
	if args.Len() < 3 {
		return to
	}
	if args.Text(2) != "" {
		return append(to, 2)
	}
	for i := 5; i < args.Len(); i++ {
		switch option := args.Text(i); {
		case strings.EqualFold(option, "AUTH"):
			i++
		case strings.EqualFold(option, "AUTH2"):
			i += 2
		case strings.EqualFold(option, "KEYS"):
			return appendRange(to, args, i+2, args.Len(), 1)
		}
	}
	return to
}
