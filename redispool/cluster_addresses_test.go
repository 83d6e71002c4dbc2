package redispool_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/respool/respool/redispool"
	"github.com/respool/respool/redispool/internal/redistest"
)

// TestClusterAddresses has clusters whose nodes are not reached by an IPv4 address and the plain port: real servers
// announce what a client has to dial.
func TestClusterAddresses(t *testing.T) {
	redistest.NeedFailovers(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"IPv6", clusterIPv6},
		{"names", clusterHostNames},
		{"TLS", clusterTLS},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.run(t)
		})
	}
}

func clusterIPv6(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6: ", err)
	} else {
		l.Close()
	}
	rc := redistest.StartCluster(t, 2, "--bind", "127.0.0.1", "::1", "--cluster-announce-ip", "::1")
	_, port, _ := net.SplitHostPort(rc.Nodes[0].Addr())
	reachesAll(t, rc, net.JoinHostPort("::1", port), "[::1]:")
}

func clusterHostNames(t *testing.T) {
	rc := redistest.StartCluster(t, 2, "--cluster-announce-hostname", "localhost", "--cluster-preferred-endpoint-type", "hostname")
	reachesAll(t, rc, rc.Nodes[0].Addr(), "localhost:")
}

// clusterTLS has servers with a port for TLS beside the plain one. Over TLS they announce the former.
func clusterTLS(t *testing.T) {
	cert, key, roots := certificate(t)
	rc := redistest.StartCluster(t, 2, "--tls-port", redistest.AnyPort, "--tls-cert-file", cert, "--tls-key-file", key,
		"--tls-ca-cert-file", cert, "--tls-auth-clients", "no", "--tls-cluster", "yes", "--tls-replication", "yes")
	options := func(c *redispool.Cluster) {
		c.DialOptions = []redis.DialOption{redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots})}
	}
	visited := reachesAll(t, rc, "127.0.0.1:"+rc.Nodes[0].Argument("--tls-port"), "127.0.0.1:", options)
	for _, s := range rc.Nodes {
		if port := s.Argument("--tls-port"); !visited["127.0.0.1:"+port] {
			t.Errorf("visited %v, but not port %s", visited, port)
		}
	}
}

// reachesAll uses a cluster that is known by one address: keys of all masters, reads from replicas, and a slot that moves.
func reachesAll(t *testing.T, rc *redistest.Cluster, startup, prefix string, change ...func(*redispool.Cluster)) (visited map[string]bool) {
	c := newCluster(t, rc, append(change, func(c *redispool.Cluster) {
		c.StartupNodes = []string{startup}
		c.ReadReplicas = true
	})...)
	for i := range 100 {
		key := fmt.Sprint("key", i)
		if _, err := c.Do(t.Context(), "SET", key, i); err != nil {
			t.Fatal(err)
		}
	}
	visited = map[string]bool{}
	for _, replicas := range []bool{false, true} {
		if err := c.EachNode(replicas, func(addr string, conn redis.Conn) error {
			visited[addr] = true
			_, err := conn.Do("DBSIZE")
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	if len(visited) != len(rc.Nodes) {
		t.Errorf("visited %v, want %d nodes", visited, len(rc.Nodes))
	}
	for addr := range visited {
		if !strings.HasPrefix(addr, prefix) {
			t.Errorf("visited %s, want an address with %s", addr, prefix)
		}
	}
	moving := redispool.Slot("key7")
	from := rc.Master(moving)
	for _, to := range rc.Nodes {
		if to != from && rc.IsMaster(to) {
			rc.MoveSlot(moving, from, to)
		}
	}
	conn := c.Get()
	if n, err := redis.Int(conn.Do("INCRBY", "key7", 10)); n != 17 || err != nil {
		t.Error(n, err)
	}
	put(t, conn)
	rc.Wait("the cluster counts the clients of all servers", func() bool {
		counted := 0
		for _, st := range c.Stats() {
			counted += st.ActiveCount
		}
		for _, s := range rc.Nodes {
			counted -= rc.Clients(s)
		}
		return counted == 0
	})
	return visited
}

// certificate writes a certificate for the loopback interface and its key into files. The servers prove with it to each
// other, too, who they are, so it is one for clients as well.
func certificate(t *testing.T) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	for name, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(public)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return cert, key, roots
}
