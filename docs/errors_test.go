package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The page of errors quotes texts in blocks that begin with ```text, one in each line.
func TestErrorsPage(t *testing.T) {
	quotes := quoted(t)
	if len(quotes) < 50 {
		t.Fatalf("only %d texts are quoted", len(quotes))
	}

	t.Run("says what the code says", func(t *testing.T) {
		var said []*regexp.Regexp
		for _, dir := range []string{"../resource", "../resource/internal/poolset", "../redispool", "../policy", "../sim", redigo(t)} {
			for _, text := range literals(t, dir, func(*ast.CallExpr) bool { return true }) {
				if re := pattern(text); re != nil {
					said = append(said, re)
				}
			}
		}
		for _, quote := range quotes {
			if !matches(said, regexp.MustCompile(`^poolsim [a-z]+: `).ReplaceAllString(quote, "")) {
				t.Errorf("no code says %q", quote)
			}
		}
	})

	t.Run("leaves nothing out", func(t *testing.T) {
		for _, dir := range []string{"../resource", "../redispool", "../policy"} {
			for _, text := range literals(t, dir, makesError) {
				public := regexp.MustCompile(`^(resource|redispool|redigo|policy): |^%w: `).MatchString(text)
				if re := pattern(text); public && re != nil && !impossible[text] && !matchesAny(re, quotes) {
					t.Errorf("the page does not have %q", text)
				}
			}
		}
	})
}

// poolsim prints its errors after the name of a command.
func TestErrorsPageHasThoseOfPoolsim(t *testing.T) {
	var quotes []string
	for _, quote := range quoted(t) {
		if text, is := strings.CutPrefix(quote, "poolsim "); is {
			_, text, _ = strings.Cut(text, ": ")
			quotes = append(quotes, text)
		}
	}
	for _, dir := range []string{"../sim", "../sim/internal/fit", "../sim/internal/compact", "../sim/internal/values", "../sim/cmd/poolsim", "../sim/cmd/poolsim/internal/live"} {
		for _, text := range errorsIn(t, dir) {
			text = strings.TrimPrefix(text, "sim: ")
			if re := pattern(text); re != nil && !inside[text] && !matchesAny(re, quotes) {
				t.Errorf("the page does not have %q, of %s", text, dir)
			}
		}
	}
}

// inside has the texts of errors that no user of poolsim meets by themselves: they are the front of
// another error, belong to the Go package alone, say that the simulation itself is wrong, or are the
// server's that plays in a real run.
var inside = map[string]bool{
	"-redis: %w": true, "-redis %s: %w": true, "-stats %s: %w": true, "the field %q: %w": true, "the histogram %q: %w": true,
	"no line can be read: %w": true, "the earlier file: %w": true, "the embedded server: %w": true, "cannot be played in real time": true,
	"the quantile %v is not between 0 and 1": true, "the wait %v is negative": true,
	"keys.count: policies of your own would be those of all keys at once": true, "%s: %s has not been read, see Scenario.Load": true,
	"the connection is dead": true, "the server takes no connection": true, "the time is up": true,
	"at %v the ledger is due again and again: time does not go on": true,
	"not as it should be": true, "the search has become blind: %d seeds have not come to %s": true,
}

// judges are the files whose errors say that the simulation itself is wrong.
var judges = regexp.MustCompile(`/(audit|fleet_audit|keys_court|keys_court_replace|keys_observed|keys_run|front|page_js)\.go$`)

// errorsIn returns the texts of the errors that the files of a directory make.
func errorsIn(t *testing.T, dir string) (all []string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || judges.MatchString(path) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, is := n.(*ast.CallExpr)
			if !is || !makesError(call) || len(call.Args) == 0 {
				return true
			}
			if f, is := call.Fun.(*ast.SelectorExpr); is && f.Sel.Name != "Sprintf" {
				all = append(all, stringsIn(call.Args[0])...)
			}
			return true
		})
	}
	return all
}

// impossible has the texts that come only if the pool itself is wrong.
var impossible = map[string]bool{
	"resource: an acquire was answered ":          true,
	"resource: a lease ended with ":               true,
	"resource: refused for an unknown reason, %v": true,
}

func quoted(t *testing.T) (all []string) {
	page, err := os.ReadFile("errors.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?ms)^```text\n(.*?)^```").FindAllStringSubmatch(string(page), -1) {
		all = append(all, strings.Split(strings.TrimSpace(block[1]), "\n")...)
	}
	return all
}

// pattern matches the texts that a format can produce. It is nil if the format matches nearly any text.
func pattern(format string) *regexp.Regexp {
	format, _, _ = strings.Cut(format, "\n")
	verb := regexp.MustCompile(`%[-+#.0-9]*[a-zA-Z]`)
	if len(strings.Join(verb.Split(format, -1), "")) < 8 {
		return nil
	}
	parts := verb.Split(format, -1)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(strings.ReplaceAll(part, "%%", "%"))
	}
	tail := ""
	if strings.HasSuffix(format, ": ") {
		tail = ".+" // the code appends to it
	}
	return regexp.MustCompile("^(?:[-.a-z]+: )*" + strings.Join(parts, ".+") + tail + "$")
}

func matches(all []*regexp.Regexp, text string) bool {
	for _, re := range all {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}

func matchesAny(re *regexp.Regexp, texts []string) bool {
	for _, text := range texts {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}

// makesError reports a call of errors.New, fmt.Errorf, fmt.Sprintf or panic.
func makesError(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == "panic"
	case *ast.SelectorExpr:
		return f.Sel.Name == "New" || f.Sel.Name == "Errorf" || f.Sel.Name == "Sprintf"
	}
	return false
}

// literals returns the strings in a directory's code that are arguments of such calls, or concatenated in a return.
func literals(t *testing.T, dir string, in func(*ast.CallExpr) bool) (all []string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "internal" && dir != "../sim" && dir != "../resource"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if in(n) {
					for _, arg := range n.Args {
						all = append(all, stringsIn(arg)...)
					}
				}
			case *ast.ReturnStmt:
				for _, result := range n.Results {
					if sum, ok := result.(*ast.BinaryExpr); ok {
						all = append(all, stringsIn(sum)...)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func stringsIn(e ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{text}
		}
	case *ast.BinaryExpr:
		return append(stringsIn(e.X), stringsIn(e.Y)...)
	}
	return nil
}

func redigo(t *testing.T) string {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomodule/redigo").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "redis")
}
