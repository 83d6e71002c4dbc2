package slotmap

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// Redirect is the answer of a node that does not serve a slot.
type Redirect struct {
	Kind string // MOVED or ASK
	Slot int
	Addr string // as the node wrote it: see Address
}

// ParseRedirect parses the text of an error reply.
func ParseRedirect(text string) (r Redirect, ok bool) {
	if !strings.HasPrefix(text, "MOVED ") && !strings.HasPrefix(text, "ASK ") {
		return r, false
	}
	parts := strings.Fields(text)
	if len(parts) < 3 {
		return r, false
	}
	slot, err := strconv.Atoi(parts[1])
	if err != nil || slot < 0 || slot >= Slots {
		return r, false
	}
	return Redirect{parts[0], slot, parts[2]}, true
}

// Address returns the address to dial for one that a node has announced. An IPv6 address may lack its brackets. A node
// that does not know its own host announces an empty one, or a question mark: then the host is the one that was asked.
func Address(announced, askedHost string) (string, error) {
	colon := strings.LastIndexByte(announced, ':')
	if colon < 0 {
		return "", fmt.Errorf("the address %q has no port", announced)
	}
	return join(announced[:colon], announced[colon+1:], askedHost)
}

func join(host, port, askedHost string) (string, error) {
	if n, err := strconv.Atoi(port); err != nil || n <= 0 || n > 65535 {
		return "", fmt.Errorf("the address of host %q has the port %q", host, port)
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if host == "" || host == "?" {
		host = askedHost
	}
	return net.JoinHostPort(host, port), nil
}

// Host returns the host of an address.
func Host(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return host
}
