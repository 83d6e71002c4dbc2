package docs_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// A command of the page of questions, over one line or more, and what it prints.
var questionCommand = regexp.MustCompile("(?m)^    go run ./sim/cmd/poolsim ((?:.*\\\\\n)*.*)\n\n```text\n((?s:.*?))\n```$")

// The commands on the page of questions print what the page shows. Dots stand for lines that
// it leaves out.
func TestQuestions(t *testing.T) {
	page, err := os.ReadFile("questions.md")
	if err != nil {
		t.Fatal(err)
	}
	all := questionCommand.FindAllStringSubmatch(string(page), -1)
	if n := strings.Count(string(page), "    go run "); n != len(all) || n < 10 {
		t.Fatalf("the page has %d commands, and %d with what they print", n, len(all))
	}
	for _, m := range all {
		args := strings.Fields(strings.ReplaceAll(m[1], "\\\n", " "))
		out, err := poolsim(t, args...).Output()
		if status := (*exec.ExitError)(nil); err != nil && !(asExit(err, &status) && status.ExitCode() == 1) {
			t.Errorf("poolsim %s: %v", args, err)
		}
		rest := "\n" + string(out)
		for part := range strings.SplitSeq(m[2], "\n…\n") {
			_, after, found := strings.Cut(rest, "\n"+part+"\n")
			if !found {
				t.Errorf("poolsim %s prints\n%s\nand not, or not in this place\n%s", strings.Join(args, " "), out, part)
				break
			}
			rest = "\n" + after
		}
	}
}

func asExit(err error, to **exec.ExitError) (is bool) {
	*to, is = err.(*exec.ExitError)
	return is
}
