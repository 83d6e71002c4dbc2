package sentinel

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// unknownEpoch is the epoch of a sentinel that does not say it, because its access list
// permits only the question for the address. It is lower than any epoch.
const unknownEpoch = -1

// view is what one sentinel has answered.
type view struct {
	master   string // its address
	epoch    int64
	replicas []replica
	peers    []peer
	id       string // the sentinel's own; empty if its version is too old to report it
}

// replica is a replica as a sentinel describes it.
type replica struct {
	addr   string
	up     bool // the sentinel reaches it
	linked bool // the replica is connected to its master
}

// peer is another sentinel.
type peer struct{ addr, id string }

// hostPort joins the two parts of an address. The host may be a name or an IPv6
// address.
func hostPort(host, port string) (string, error) {
	if host == "" {
		return "", fmt.Errorf("an address without a host, port %q", port)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("an address without a port: host %q, port %q", host, port)
	}
	return net.JoinHostPort(host, port), nil
}

// parseAddr parses the reply to SENTINEL GET-MASTER-ADDR-BY-NAME.
func parseAddr(reply any) (string, error) {
	parts, err := redis.Strings(reply, nil)
	if err != nil {
		return "", err
	}
	if len(parts) != 2 {
		return "", fmt.Errorf("an address of %d parts, not 2", len(parts))
	}
	return hostPort(parts[0], parts[1])
}

// parseEpoch parses the reply to SENTINEL MASTER.
func parseEpoch(reply any) int64 {
	fields, err := redis.StringMap(reply, nil)
	if err != nil {
		return unknownEpoch
	}
	epoch, err := strconv.ParseInt(fields["config-epoch"], 10, 64)
	if err != nil {
		return unknownEpoch
	}
	return epoch
}

// parseReplicas parses the reply to SENTINEL REPLICAS. It leaves out what has no
// address.
func parseReplicas(reply any) (all []replica) {
	for _, fields := range parseInstances(reply) {
		addr, err := hostPort(fields["ip"], fields["port"])
		if err != nil {
			continue
		}
		flags := strings.Split(fields["flags"], ",")
		down := slices.ContainsFunc(flags, func(flag string) bool {
			return flag == "s_down" || flag == "o_down" || flag == "disconnected"
		})
		all = append(all, replica{
			addr:   addr,
			up:     slices.Contains(flags, "slave") && !down,
			linked: fields["master-link-status"] == "ok",
		})
	}
	return all
}

// parsePeers parses the reply to SENTINEL SENTINELS.
func parsePeers(reply any) (all []peer) {
	for _, fields := range parseInstances(reply) {
		if addr, err := hostPort(fields["ip"], fields["port"]); err == nil {
			all = append(all, peer{addr: addr, id: fields["runid"]})
		}
	}
	return all
}

// parseInstances parses an array of descriptions. Each is an array of names and values.
func parseInstances(reply any) (all []map[string]string) {
	rows, err := redis.Values(reply, nil)
	if err != nil {
		return nil
	}
	for _, row := range rows {
		if fields, err := redis.StringMap(row, nil); err == nil {
			all = append(all, fields)
		}
	}
	return all
}

// AskRole asks a server for its role, and a replica for the state of its link to the master.
// Many users may not send ROLE, because Redis counts it among the dangerous commands. The reply
// to HELLO (Redis 6) also has the role. It lacks the state of the link, so the link then counts
// as connected: the sentinels report the replicas whose link is down.
func AskRole(do func(cmd string) (any, error)) (role, link string, err error) {
	if role, link, err = Role(do("ROLE")); !isForbidden(err) {
		return role, link, err
	}
	hello, refused := redis.Values(do("HELLO"))
	for i := 0; i+1 < len(hello) && refused == nil; i += 2 {
		if key, _ := redis.String(hello[i], nil); key == "role" {
			if role, _ = redis.String(hello[i+1], nil); role == "replica" {
				return "slave", "connected", nil
			}
			return role, "", nil
		}
	}
	return "", "", err
}

// isForbidden reports whether a server does not allow a command to the user.
func isForbidden(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) && strings.HasPrefix(string(reply), "NOPERM ")
}

// Role returns the first element of the reply to ROLE, and for a replica the state of
// its link to the master.
func Role(reply any, err error) (role, link string, _ error) {
	parts, err := redis.Values(reply, err)
	if err != nil {
		return "", "", err
	}
	if len(parts) > 0 {
		role, err = redis.String(parts[0], nil)
	}
	if role == "" || err != nil {
		return "", "", fmt.Errorf("not a reply to ROLE: %q", parts)
	}
	if role == "slave" && len(parts) > 3 {
		link, _ = redis.String(parts[3], nil)
	}
	return role, link, nil
}
