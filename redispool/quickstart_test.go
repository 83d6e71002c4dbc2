package redispool_test

import (
	"os/exec"
	"regexp"
	"testing"

	"github.com/respool/respool/redispool/internal/redistest"
)

// TestQuickstartOnARealServer is in this package and not beside the program, since
// only this package may start a server.
func TestQuickstartOnARealServer(t *testing.T) {
	addr := redistest.Start(t).Addr()
	cmd := exec.Command("go", "run", "../docs/walkthroughs/quickstart", "-redis", addr, "-clients", "12", "-requests", "20", "-max-active", "3")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		`(?m)^12 clients, 20 requests each`,
		`(?m)^half way the server killed an idle connection: .* no client noticed$`,
		`(?m)^240 requests answered in .*, 0 refused; 60 transactions, visits counted: 60$`,
		`(?m)^closed, failed its check +1$`,
	} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("the output has no %q:\n%s", want, out)
		}
	}
}
