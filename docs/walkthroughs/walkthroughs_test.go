// Package walkthroughs_test runs every program of this directory, and compares it with its page.
//
// A walkthrough is a directory with main.go, index.md and output.txt. The page shows parts of the program by importing
// regions of it, and its output by importing output.txt. Where the output varies, output.txt has the character …, which
// stands for any text within the line.
package walkthroughs_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func names(t *testing.T) (all []string) {
	t.Helper()
	mains, err := filepath.Glob("*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	if len(mains) == 0 {
		t.Fatal("there is no */main.go here")
	}
	for _, m := range mains {
		all = append(all, filepath.Dir(m))
	}
	return all
}

func TestProgramsDoWhatTheirPagesSay(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-ldflags", "-s -w", "-o", bin+string(filepath.Separator), "./...")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, name := range names(t) {
		program := filepath.Join(bin, name)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("output", func(t *testing.T) {
				want := read(t, name, "output.txt")
				got := run(t, program)
				if strings.HasPrefix(got.stdout, "skipped: ") && os.Getenv("RESPOOL_REQUIRE_REDIS") != "1" {
					t.Skip(got.stdout)
				}
				if got.status != 0 || got.stderr != "" {
					t.Fatalf("ended with status %d, and said:\n%s", got.status, got.stderr)
				}
				if line, ok := matches(want, got.stdout); !ok {
					t.Errorf("line %d is not as output.txt has it. The program printed:\n%s", line, got.stdout)
				}
			})
			t.Run("mistakes", func(t *testing.T) { mistakes(t, program) })
		})
	}
}

// mistakes checks that a program reports an invalid command line. A program with a flag -redis must also report a server
// that does not exist: no process listens on port 1.
func mistakes(t *testing.T, program string) {
	lines := map[string]string{"-no-such-flag": "no-such-flag", "surplus": "surplus"}
	help := run(t, program, "-h")
	if help.status != 0 || !strings.Contains(help.stdout, "Usage: "+filepath.Base(program)) {
		t.Errorf("-h ended with status %d, and printed:\n%s", help.status, help.stdout)
	}
	if strings.Contains(help.stdout, "-redis ") {
		lines["-redis=127.0.0.1:1"] = "127.0.0.1:1"
	}
	for arg, what := range lines {
		got := run(t, program, arg)
		if got.status != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, what) || got.stdout != "" {
			t.Errorf("%s ended with status %d, want 1; it printed %q, want nothing; it said %q, want one line that names %q",
				arg, got.status, got.stdout, got.stderr, what)
		}
	}
}

type result struct {
	stdout, stderr string
	status         int
}

// run runs a program to its end, and ends every process that the program has left. Shortly before go test's timeout it
// ends the program, to show the program's output. There is no other limit, since the machine may be busy.
func run(t *testing.T, program string, args ...string) result {
	t.Helper()
	ctx := t.Context()
	if deadline, ok := t.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-10*time.Second))
		defer cancel()
	}
	cmd := exec.CommandContext(ctx, program, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	ownGroup(cmd)
	err := cmd.Run()
	if killGroup(cmd) {
		t.Errorf("%v left a process behind", cmd)
	}
	if ctx.Err() != nil {
		t.Fatalf("%v had not ended shortly before the test's timeout; it printed:\n%s%s", cmd, &stdout, &stderr)
	}
	if cmd.ProcessState == nil || err != nil && cmd.ProcessState.ExitCode() < 1 {
		t.Fatalf("%v: %v\n%s%s", cmd, err, &stdout, &stderr)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// matches compares line by line, and returns the number of the first line that differs.
func matches(want, got string) (line int, ok bool) {
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i, w := range wants {
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(w), "…", ".*") + "$"
		if i >= len(gots) || !regexp.MustCompile(pattern).MatchString(gots[i]) {
			return i + 1, false
		}
	}
	return len(wants) + 1, len(wants) == len(gots)
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		want, got string
		line      int // 0: they match
	}{
		{"a\nb\n", "a\nb\n", 0},
		{"a …s, 2 (…)\n", "a 1.5ms, 2 ()\n", 0},
		{"a…\nb\n", "a\n\nb\n", 2},
		{"a.c\n", "abc\n", 1},
		{"a\nb\n", "a\n", 2},
		{"a\n", "a\nb\n", 2},
		{"a\nb", "a\nb\n", 3},
	} {
		line, ok := matches(c.want, c.got)
		if ok != (c.line == 0) || !ok && line != c.line {
			t.Errorf("matches(%q, %q): line %d, %v, want line %d", c.want, c.got, line, ok, c.line)
		}
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
