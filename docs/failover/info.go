package main

import (
	"fmt"
	"strings"

	"github.com/gomodule/redigo/redis"
)

// info is a section of the reply to INFO, by name.
func (s *server) info(section string) (map[string]string, error) {
	text, err := redis.String(s.do("INFO", section))
	if err != nil {
		return nil, err
	}
	return pairs(text), nil
}

// pairs reads lines of name:value.
func pairs(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			all[name] = value
		}
	}
	return all
}

// role is master or slave.
func (s *server) role() string {
	all, err := redis.Values(s.do("ROLE"))
	if err != nil || len(all) == 0 {
		return ""
	}
	role, _ := redis.String(all[0], nil)
	return role
}

// synced reports whether the server is a replica that has all that its master has.
func (s *server) synced() bool {
	info, err := s.info("replication")
	return err == nil && info["role"] == "slave" && info["master_link_status"] == "up"
}

// keys returns all keys of the server's database.
func (s *server) keys() ([]string, error) { return redis.Strings(s.do("KEYS", "*")) }

// clients returns the addresses of the clients that are connected. Replicas, masters,
// sentinels and the connection that asks do not count as clients.
func (s *server) clients() ([]string, error) {
	text, err := redis.String(s.do("CLIENT", "LIST"))
	if err != nil {
		return nil, fmt.Errorf("CLIENT LIST on %s: %w", s.addr, err)
	}
	var all []string
	for line := range strings.Lines(text) {
		fields := map[string]string{}
		for _, field := range strings.Fields(line) {
			name, value, _ := strings.Cut(field, "=")
			fields[name] = value
		}
		if strings.ContainsAny(fields["flags"], "SM") || strings.HasPrefix(fields["name"], "sentinel-") || fields["cmd"] == "client|list" {
			continue
		}
		all = append(all, fields["addr"])
	}
	return all, nil
}
