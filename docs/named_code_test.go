package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The pages for those who change the code name files, and what a file has: "`wornReason` in
// `release.go`". Code moves, and then such a page leads a newcomer to the wrong place.
func TestPagesNameWhatIsThere(t *testing.T) {
	code := sources(t)
	for _, name := range []string{"../.github/CONTRIBUTING.md", "design.md", "simulator.md", "session-state.md", "differences-from-redigo.md"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range misplaced(string(page), code) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

// TestMisplaced shows what the test finds.
func TestMisplaced(t *testing.T) {
	code := map[string]string{"a/b.go": "func move() {}", "a/c.go": "var order int"}
	for text, want := range map[string]int{
		"see `move` in `b.go`": 0, "see `move` of\n   `a/b.go`": 0, "`order` (`c.go`)": 0, "`move` and `order`": 0, "`other.Move` in `b.go`": 1,
		"see `move` in `c.go`": 1, "see `move` and `order` in `b.go`": 1, "see `mov` in `b.go`": 1, "see `d.go`": 1, "see `c/b.go`": 1,
	} {
		if got := misplaced(text, code); len(got) != want {
			t.Errorf("%q: %q, want %d", text, got, want)
		}
	}
}

var (
	goFile = regexp.MustCompile("`([\\w/.]+\\.go)`")
	inFile = regexp.MustCompile("`([\\w.]+)`(?:\\s+and\\s+`([\\w.]+)`)?\\s+(?:in|of|\\()\\s*`([\\w/.]+\\.go)`")
)

// misplaced returns which files of a text are not there, and which names are not in the file
// that the text says. code has the files, by their paths.
func misplaced(text string, code map[string]string) (wrong []string) {
	for _, m := range goFile.FindAllStringSubmatch(text, -1) {
		if len(having(code, m[1])) == 0 {
			wrong = append(wrong, "there is no "+m[1])
		}
	}
	for _, m := range inFile.FindAllStringSubmatch(text, -1) {
		for _, name := range m[1:3] {
			last := name[strings.LastIndex(name, ".")+1:]
			word := regexp.MustCompile(`\b` + last + `\b`)
			found := last == "" || last == "go" // no name, or a file beside the file
			for _, source := range having(code, m[3]) {
				found = found || word.MatchString(source)
			}
			if !found {
				wrong = append(wrong, m[3]+" has no "+name)
			}
		}
	}
	return wrong
}

// having returns the files whose path is a name, or ends with it.
func having(code map[string]string, name string) (files []string) {
	for path, source := range code {
		if strings.HasSuffix("/"+path, "/"+name) {
			files = append(files, source)
		}
	}
	return files
}

// sources returns all Go files of the module, by their paths.
func sources(t *testing.T) map[string]string {
	t.Helper()
	code := make(map[string]string)
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		source, err := fs.ReadFile(root, path)
		code[path] = string(source)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}
