package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/respool/respool/docs/internal/walkthrough"
)

// marked returns where in shop.go a line ends with a comment, as FILE:LINE.
func marked(t *testing.T, comment string) string {
	t.Helper()
	source, err := os.ReadFile("shop.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for i, line := range strings.Split(string(source), "\n") {
		if strings.HasSuffix(line, " // "+comment) {
			found = append(found, fmt.Sprintf("shop.go:%d", i+1))
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d lines end with // %s", len(found), comment)
	}
	return found[0]
}

// The log and the page name the line of the source that leaks, and the one that loses its connection. They name no other.
func TestLinesAreNamed(t *testing.T) {
	server := miniredis.RunT(t)
	var out bytes.Buffer
	if err := run(walkthrough.Redis{Addr: server.Addr(), Embedded: server}, &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		if where := regexp.MustCompile(`\w+\.go:\d+`).FindString(line); where != "" {
			got = append(got, strings.Fields(line)[0]+" "+where)
		}
	}
	leaks, loses := marked(t, "leaks"), marked(t, "is lost")
	want := []string{"log " + leaks, "page " + leaks, "page " + leaks, "log " + leaks, "log " + loses, "page " + loses}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("named are\n%s\nwant\n%s\nin\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), &out)
	}
}
