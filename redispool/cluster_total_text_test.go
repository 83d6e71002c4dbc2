package redispool

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gomodule/redigo/redis"
)

// An error of a node's pool under the limits of its cluster names the node, and does not print the
// inside of the pool.
func TestClusterTotalNamesTheNode(t *testing.T) {
	total := newTotal(1, 0)
	defer total.close()
	p := &Pool{
		MaxIdle: 1, MaxActive: 1, ExplainErrors: true, total: total, node: &clusterNode{addr: "10.0.0.1:6379"},
		DialContext: func(context.Context) (redis.Conn, error) { return nil, errors.New("no server") },
	}
	defer p.Close()
	if c, err := p.GetContext(t.Context()); err == nil { // it makes the pool
		c.Close()
		t.Fatal("there is a server")
	}
	total.close()
	c, err := p.GetContext(t.Context())
	c.Close()
	if err == nil || !strings.Contains(err.Error(), "; key 10.0.0.1:6379: ") {
		t.Errorf("got %v", err)
	}
}
