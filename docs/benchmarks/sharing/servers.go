package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/gomodule/redigo/redis"
)

// servers are a redis-server, and a proxy in front of it that adds latency.
type servers struct {
	direct, distant string // addresses
	redis, proxy    *exec.Cmd
}

const (
	proxyEnv     = "RESPOOL_SHARING_PROXY"
	addedLatency = time.Millisecond // that the proxy adds to a round trip
)

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func startServers() (*servers, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("no redis-server is installed")
	}
	s := new(servers)
	if s.direct, err = freeAddr(); err != nil {
		return nil, err
	}
	if s.distant, err = freeAddr(); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(s.direct)
	s.redis = exec.Command(path, "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--maxclients", "5000")
	if err := s.redis.Start(); err != nil {
		return nil, err
	}
	s.proxy = exec.Command(os.Args[0])
	s.proxy.Env = append(os.Environ(), proxyEnv+"="+s.distant+" "+s.direct)
	s.proxy.Stderr = os.Stderr
	if err := s.proxy.Start(); err != nil {
		s.stop()
		return nil, err
	}
	if err := s.fill(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *servers) fill() error {
	for range 500 {
		if c, err := redis.Dial("tcp", s.distant, redis.DialReadTimeout(time.Second)); err == nil {
			_, err := c.Do("MSET", "small", strings.Repeat("s", 32), "large", strings.Repeat("l", 10_000))
			c.Close()
			if err == nil {
				return nil
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("redis-server does not answer")
}

func (s *servers) stop() {
	for _, c := range []*exec.Cmd{s.redis, s.proxy} {
		if c != nil && c.Process != nil {
			c.Process.Kill()
			c.Wait()
		}
	}
}

// serverCPU is the processor time that the server has taken. It is zero where the system does not tell.
func (s *servers) serverCPU() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/schedstat", s.redis.Process.Pid))
	if err != nil {
		return 0
	}
	ns, _ := strconv.ParseInt(string(bytes.Fields(text)[0]), 10, 64)
	return time.Duration(ns)
}

// runProxy is a process of its own: each of its ways takes half of the latency.
func runProxy(listenTo string) error {
	listen, to, _ := strings.Cut(listenTo, " ")
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return nil
		}
		go func() {
			defer c.Close()
			d, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer d.Close()
			go delay(d, c)
			delay(c, d)
		}()
	}
}

type chunk struct {
	at   time.Time
	data []byte
}

// delay copies from one connection to the other. Each piece arrives half of the latency later.
func delay(to, from net.Conn) {
	pieces := make(chan chunk, 1024)
	go func() {
		defer to.Close()
		for p := range pieces {
			time.Sleep(time.Until(p.at.Add(addedLatency / 2)))
			if _, err := to.Write(p.data); err != nil {
				return
			}
		}
	}()
	defer close(pieces)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pieces <- chunk{time.Now(), bytes.Clone(buf[:n])}
		}
		if err != nil {
			if err != io.EOF {
				to.Close()
			}
			return
		}
	}
}
