package docs_test

import (
	"os"
	"strings"
	"testing"
)

// The short example of a pool is part of an example of package resource, which is tested. So every line of the short
// example is there, in the same order.
func TestShortExample(t *testing.T) {
	source := lines(t, "../resource/example_conn_test.go")
	for _, page := range []string{"../README.md", "index.md"} {
		text := strings.Join(lines(t, page), "\n")
		_, rest, found := strings.Cut(text, "\npool, err := resource.New(")
		example, _, closed := strings.Cut("pool, err := resource.New("+rest, "\n```")
		if !found || !closed {
			t.Errorf("%s has no example that begins with resource.New", page)
			continue
		}
		from := 0
		for _, line := range strings.Split(example, "\n") {
			line = code(inMain(line))
			for from < len(source) && code(source[from]) != line {
				from++
			}
			if from == len(source) {
				t.Errorf("%s: the example of package resource has not, or not in this order:\n%s", page, line)
				break
			}
		}
	}
}

// inMain returns a line as the example has it: the example prints an error where a page returns it.
func inMain(line string) string {
	return strings.ReplaceAll(line, "return err // names", "fmt.Println(err) // names")
}

// code returns a line without its comment.
func code(line string) string {
	before, _, _ := strings.Cut(line, "//")
	return strings.TrimSpace(before)
}

// lines returns the lines of a file, without leading and trailing space.
func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Split(string(text), "\n")
	for i, line := range all {
		all[i] = strings.TrimSpace(line)
	}
	return all
}
