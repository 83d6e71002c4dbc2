package walkthroughs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	importLine = regexp.MustCompile(`(?m)^<<< +([^#{\[\s]+)(?:#([\w-]+))?(?:\{[^}]*\})? *(?:\[.*\])?$`)
	regionLine = regexp.MustCompile(`(?m)^\s*// #(end)?region ([\w-]+)$`)
)

// TestPagesShowTheirPrograms checks that every import of a page exists, and that the page shows every region.
func TestPagesShowTheirPrograms(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			page := read(t, name, "index.md")
			regions := regionsOf(t, name)
			shown := map[string]bool{}
			imports := importLine.FindAllStringSubmatch(page, -1)
			if n := strings.Count("\n"+page, "\n<<<"); n != len(imports) {
				t.Errorf("the page has %d imports, %d of them well formed: <<< ./file#region{lang}", n, len(imports))
			}
			for _, m := range imports {
				file := filepath.Join(name, m[1])
				what := file
				if m[2] != "" {
					what += "#" + m[2]
				}
				if _, err := os.Stat(file); err != nil {
					t.Errorf("the page imports %s: %v", what, err)
				} else if m[2] != "" && !regions[what] {
					t.Errorf("the page imports %s, and there is no such region", what)
				}
				shown[what] = true
			}
			for region := range regions {
				if !shown[region] {
					t.Errorf("the page does not show %s", region)
				}
			}
			if !shown[filepath.Join(name, "output.txt")] {
				t.Error("the page does not import output.txt")
			}
			if command := "go run ./docs/walkthroughs/" + name; !strings.Contains(page, command+"\n") {
				t.Errorf("the page does not say %s", command)
			}
		})
	}
}

// regionsOf returns the regions of a program, as FILE#NAME.
func regionsOf(t *testing.T, name string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	regions := map[string]bool{}
	for _, file := range files {
		open := map[string]bool{}
		for _, m := range regionLine.FindAllStringSubmatch(read(t, file), -1) {
			region := file + "#" + m[2]
			switch {
			case m[1] == "" && regions[region]:
				t.Errorf("%s begins twice", region)
			case m[1] == "":
				open[region], regions[region] = true, true
			case !open[region]:
				t.Errorf("%s ends, and has not begun", region)
			default:
				delete(open, region)
			}
		}
		for region := range open {
			t.Errorf("%s does not end", region)
		}
	}
	return regions
}
