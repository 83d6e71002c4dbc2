package slotmap

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// Shard is a master and its replicas. It does not change.
type Shard struct {
	ID       string // the master's, if the server sent it
	Master   string // address
	Replicas []string
}

// Range says that a shard has the slots from First to Last.
type Range struct {
	First, Last int
	Shard       *Shard
}

var errNoSlots = errors.New("the node knows of no slot that is served")

// ParseSlots reads the reply to CLUSTER SLOTS of the node at askedHost.
func ParseSlots(reply any, askedHost string) ([]Range, error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return nil, fmt.Errorf("CLUSTER SLOTS: %w", err)
	}
	var all []Range
	for _, one := range list {
		r, err := parseRange(one, askedHost)
		if err != nil {
			return nil, fmt.Errorf("CLUSTER SLOTS: %w", err)
		}
		if r.Shard.Master != "" { // otherwise nobody knows the master's address
			all = append(all, r)
		}
	}
	if len(all) == 0 {
		return nil, errNoSlots
	}
	return all, nil
}

func parseRange(reply any, askedHost string) (r Range, err error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return r, err
	}
	if list, err = redis.Scan(list, &r.First, &r.Last); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	if len(list) == 0 {
		return r, fmt.Errorf("slots %d to %d have no node", r.First, r.Last)
	}
	r.Shard = new(Shard)
	for i, node := range list {
		id, addr, err := parseNode(node, askedHost)
		switch {
		case err != nil:
			return r, err
		case i == 0:
			r.Shard.ID, r.Shard.Master = id, addr
		case addr != "":
			r.Shard.Replicas = append(r.Shard.Replicas, addr)
		}
	}
	return r, nil
}

func (r *Range) check() error {
	if r.First < 0 || r.Last < r.First || r.Last >= Slots {
		return fmt.Errorf("slots from %d to %d", r.First, r.Last)
	}
	return nil
}

// parseNode reads a node of CLUSTER SLOTS: its endpoint, its port and, from newer servers, its identity and its other
// names. The address is empty if it cannot be used.
func parseNode(reply any, askedHost string) (id, addr string, err error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return "", "", err
	}
	if len(list) < 2 {
		return "", "", fmt.Errorf("a node has %d elements", len(list))
	}
	host, err := textOrNone(list[0])
	if err != nil {
		return "", "", err
	}
	port, err := redis.Int(list[1], nil)
	if err != nil {
		return "", "", err
	}
	if len(list) > 2 {
		if id, err = textOrNone(list[2]); err != nil {
			return "", "", err
		}
	}
	if host == "?" && len(list) > 3 { // it has no host name, but the server prefers host names
		host = metadata(list[3], "ip")
	}
	addr, _ = join(host, strconv.Itoa(port), askedHost)
	return id, addr, nil
}

// textOrNone returns "" for a nil reply.
func textOrNone(reply any) (string, error) {
	if reply == nil {
		return "", nil
	}
	return redis.String(reply, nil)
}

func metadata(reply any, name string) string {
	pairs, _ := redis.StringMap(reply, nil)
	return pairs[name]
}

// ParseShards reads the reply to CLUSTER SHARDS of the node at askedHost.
func ParseShards(reply any, askedHost string) (all []Range, err error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return nil, fmt.Errorf("CLUSTER SHARDS: %w", err)
	}
	for _, one := range list {
		ranges, err := parseShard(one, askedHost)
		if err != nil {
			return nil, fmt.Errorf("CLUSTER SHARDS: %w", err)
		}
		all = append(all, ranges...)
	}
	if len(all) == 0 {
		return nil, errNoSlots
	}
	return all, nil
}

func parseShard(reply any, askedHost string) (all []Range, err error) {
	f, err := fieldsOf(reply)
	if err != nil {
		return nil, err
	}
	slots, err := redis.Ints(f["slots"], nil)
	if err != nil || len(slots)%2 != 0 {
		return nil, fmt.Errorf("slots %v: %w", f["slots"], err)
	}
	if len(slots) == 0 {
		return nil, nil
	}
	nodes, err := redis.Values(f["nodes"], nil)
	if err != nil {
		return nil, err
	}
	shard := new(Shard)
	for _, node := range nodes {
		if err := shard.add(node, askedHost); err != nil {
			return nil, err
		}
	}
	if shard.Master == "" {
		return nil, nil // it has failed, or its address is not known
	}
	for i := 0; i < len(slots); i += 2 {
		r := Range{slots[i], slots[i+1], shard}
		if err := r.check(); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}

// add adds a node of CLUSTER SHARDS. It leaves out replicas that are not ready, and nodes whose address nobody knows. After
// a failover the former master may still be listed as a second one.
func (s *Shard) add(reply any, askedHost string) error {
	f, err := fieldsOf(reply)
	if err != nil {
		return err
	}
	port, ok := f["port"]
	if !ok {
		port = f["tls-port"]
	}
	n, err := redis.Int(port, nil)
	if err != nil {
		return err
	}
	text := func(name string) string {
		s, _ := textOrNone(f[name])
		return s
	}
	host := text("endpoint")
	if host == "?" {
		host = text("ip")
	}
	addr, err := join(host, strconv.Itoa(n), askedHost)
	switch {
	case err != nil:
	case text("role") == "master":
		if s.Master == "" || text("health") == "online" {
			s.ID, s.Master = text("id"), addr
		}
	case text("health") == "online":
		s.Replicas = append(s.Replicas, addr)
	}
	return nil
}

func fieldsOf(reply any) (map[string]any, error) {
	list, err := redis.Values(reply, nil)
	if err != nil {
		return nil, err
	}
	f := map[string]any{}
	for i := 0; i+1 < len(list); i += 2 {
		name, err := redis.String(list[i], nil)
		if err != nil {
			return nil, err
		}
		f[name] = list[i+1]
	}
	return f, nil
}

// Members are the nodes that a node knows, whether or not they serve slots.
type Members struct {
	Epochs map[string]uint64 // by identity: the configuration's epoch, of a replica that of its master
}

// ParseMembers reads the reply to CLUSTER NODES. It skips lines that it does not understand.
func ParseMembers(text string) *Members {
	m := &Members{Epochs: map[string]uint64{}}
	for line := range strings.Lines(text) {
		parts := strings.Fields(line)
		if len(parts) < 8 {
			continue
		}
		if epoch, err := strconv.ParseUint(parts[6], 10, 64); err == nil {
			m.Epochs[parts[0]] = epoch
		}
	}
	return m
}
