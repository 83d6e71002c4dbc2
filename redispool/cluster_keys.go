package redispool

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool/internal/command"
	"github.com/respool/respool/redispool/internal/slotmap"
)

// argList gives a command's arguments as redigo sends them.
type argList []any

func (a argList) Len() int { return len(a) }

func (a argList) Text(i int) string { return text(a, i) }

// keys describes the keys of a command.
type keys struct {
	slot     int    // -1: there is no key
	key      string // the first one
	readOnly bool   // the command changes nothing
}

// findKeys finds the keys of the call's command. It refuses keys in different slots.
func (q *clusterCall) findKeys() error {
	q.keys = keys{slot: -1}
	args := argList(q.args)
	cmd, err := q.describe(args)
	if err != nil {
		return err
	}
	q.readOnly = cmd.IsReadOnly()
	var few [8]int
	found := few[:0]
	if cmd.NeedsServer() {
		found, err = q.askKeys(args)
		if err != nil {
			return err
		}
	} else {
		found = cmd.Keys(found, args)
	}
	for _, i := range found {
		key := args.Text(i)
		slot := slotmap.Slot(key)
		switch {
		case q.slot < 0:
			q.slot, q.key = slot, key
		case q.slot != slot:
			return &CrossSlotError{Command: q.cmd, Key: key, Slot: slot, OtherKey: q.key, OtherSlot: q.slot}
		}
	}
	return nil
}

// commandMemory has the commands that the table lacks and a server has described.
type commandMemory struct {
	mu    sync.Mutex
	known map[string]*command.Command
}

// mostCommands bounds the memory, for programs that make up names.
const mostCommands = 4096

func (m *commandMemory) get(name string) *command.Command {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[name]
}

func (m *commandMemory) put(name string, cmd *command.Command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*command.Command{}
	}
	if len(m.known) < mostCommands {
		m.known[name] = cmd
	}
}

// firstArgument is a command about which nothing is known. The first argument of most
// commands is a key.
var firstArgument = &command.Command{First: 1, Last: 1, Step: 1}

// describe returns what is known about the call's command. If the table lacks the
// command, describe asks a server, once.
func (q *clusterCall) describe(args argList) (*command.Command, error) {
	sub := func() string { return args.Text(0) }
	if cmd, ok := command.Find(q.cmd, sub); ok {
		return cmd, nil
	}
	name := strings.ToUpper(q.cmd)
	m := &q.cluster.commands
	if cmd := m.get(name); cmd != nil {
		return cmd.Select(sub), nil
	}
	reply, err := q.askAny("COMMAND", "INFO", name)
	if err != nil {
		if _, refused := serverError(err); refused {
			return firstArgument, nil
		}
		return nil, err
	}
	list, _ := redis.Values(reply, nil)
	if len(list) != 1 {
		return firstArgument, nil
	}
	cmd, err := command.Parse(list[0])
	if err != nil {
		cmd = firstArgument // the server refuses the command, or is of another kind
	}
	m.put(name, cmd)
	return cmd.Select(sub), nil
}

// askKeys asks a server for the keys of the call, and returns their indexes.
func (q *clusterCall) askKeys(args argList) (found []int, err error) {
	line := make([]any, 0, len(args)+2)
	line = append(append(line, "GETKEYS", q.cmd), q.args...)
	list, err := redis.Strings(q.askAny("COMMAND", line...))
	if err != nil {
		if _, refused := serverError(err); refused {
			return nil, nil // there is no key, or the server refuses the command as well
		}
		return nil, err
	}
	for _, key := range list {
		for i := range args {
			if args.Text(i) == key {
				found = append(found, i)
				break
			}
		}
	}
	return found, nil
}

// askAny sends a command to any node, over a connection of its own. So it does not wait
// for the pool whose connection the caller may hold.
func (q *clusterCall) askAny(cmd string, args ...any) (reply any, err error) {
	c := q.cluster
	if err := q.ready(); err != nil {
		return nil, err
	}
	var errs []error
	for _, addr := range c.nodesToAsk() {
		err := c.withOwnConn(q.bounds(), addr, func(do func(string, ...any) (any, error)) (err error) {
			reply, err = do(cmd, args...)
			return err
		})
		if _, refused := serverError(err); err == nil || refused {
			return reply, err
		}
		if err := q.bounds().Err(); err != nil {
			return nil, err
		}
		errs = append(errs, err)
	}
	return nil, askError(errs)
}

// bounds is the context that bounds the waits of the call.
func (q *clusterCall) bounds() context.Context { return orBackground(q.ctx) }

// Slot returns the hash slot of a key.
func Slot(key string) int { return slotmap.Slot(key) }

// SplitBySlot returns the keys in groups, one for each slot, in the order of the slots.
// Within a group the keys keep their order.
func SplitBySlot(keys ...string) [][]string {
	return slotmap.Split(keys)
}

// BindConn binds c to the node of the keys: see [ClusterConn.Bind]. It returns an error
// if c has no such method.
func BindConn(c redis.Conn, keys ...string) error {
	if b, ok := c.(interface{ Bind(...string) error }); ok {
		return b.Bind(keys...)
	}
	return errors.New("redispool: BindConn needs a connection of a Cluster")
}

// ReadOnlyConn makes c read from a replica: see [ClusterConn.ReadOnly]. It returns an
// error if c has no such method.
func ReadOnlyConn(c redis.Conn) error {
	if r, ok := c.(interface{ ReadOnly() error }); ok {
		return r.ReadOnly()
	}
	return errors.New("redispool: ReadOnlyConn needs a connection of a Cluster")
}
