//go:build !js

package main

import (
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// A comparison that takes more than a day is refused before it begins: by the thinking of a
// client, or by the holding of a connection.
func TestComparisonOfDaysIsRefused(t *testing.T) {
	for _, test := range []struct {
		requests    int
		think, hold time.Duration
		want        string
	}{
		{1, 2 * time.Hour, 0, "the comparison would take 30h0m0s or more, and the most is 24h0m0s: set -hold"},
		{33, 0, 33 * time.Minute, "the comparison would take 25h0m0s or more"}, // three for the busiest of 16 connections
		{30_000, 0, math.MaxInt64, "or more, and the most is 24h0m0s"},
		{32, 0, 33 * time.Minute, ""},
	} {
		c := newCompare()
		*c.requests, *c.think, *c.hold = test.requests, test.think, test.hold
		if err := c.possible(); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// What listens at an address may never answer.
func TestAnswers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nothing accepts, and the system connects
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if err := answers(silent.Addr().String(), time.Millisecond); err == nil || err.Error() != "the server does not answer a PING in 1ms: it may be no Redis" {
		t.Error(err)
	}
	server := miniredis.RunT(t)
	if err := answers(server.Addr(), answersWithin); err != nil {
		t.Error(err)
	}
	server.RequireAuth("x")
	if err := answers(server.Addr(), answersWithin); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Error(err)
	}
}
