package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheck checks a module with a package, a test of it, and a test from outside that sees what the first test exports.
func TestCheck(t *testing.T) {
	good := map[string]string{
		"go.mod":         "module m\n\ngo 1.25\n",
		"m.go":           "package m\n\nimport \"os\"\n\nfunc inside() int { return os.Getpid() }\n",
		"m_test.go":      "package m\n\nvar Inside = inside\n",
		"m_x_test.go":    "package m_test\n\nimport \"m\"\n\nvar _ int = m.Inside()\n",
		"m_windows.go":   "package m\n\nconst big = 1 << 40\n",
		"m_other.go":     "//go:build !windows\n\npackage m\n\nconst big = 1 << 20\n",
		"big/big.go":     "package big\n",
		"bad/ignored.go": "package ignored\n\nvar x int = \"\"\n", // no pattern names it
	}
	for _, c := range []struct {
		name, goos, goarch string
		file, text         string // one that differs
		wrong              string
	}{
		{name: "all is well"},
		{name: "a body", file: "m.go", text: "package m\n\nfunc inside() int { return \"\" }\n", wrong: "m.go:3:"},
		{name: "a name that the library lacks", file: "m.go", text: "package m\n\nimport \"os\"\n\nfunc inside() int { return os.NoSuchName() }\n", wrong: "NoSuchName"},
		{name: "a test", file: "m_test.go", text: "package m\n\nvar Inside = outside\n", wrong: "m_test.go:3:"},
		{name: "a test from outside", file: "m_x_test.go", text: "package m_test\n\nimport \"m\"\n\nvar _ string = m.Inside()\n", wrong: "m_x_test.go:5:"},
		{name: "a number on another system", goos: "windows", goarch: "386", file: "m_test.go", text: "package m\n\nvar Inside = inside\n\nvar _ int = big\n", wrong: "m_test.go:5:"},
		{name: "the same number here", file: "m_test.go", text: "package m\n\nvar Inside = inside\n\nvar _ int = big\n"},
		{name: "syntax", file: "m.go", text: "package m\n\nfunc inside() int {\n", wrong: "m.go:"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			if c.goos != "" {
				t.Setenv("GOOS", c.goos)
				t.Setenv("GOARCH", c.goarch)
			} else if os.Getenv("GOOS") == "windows" {
				t.Skip("is about another system")
			}
			dir := t.TempDir()
			for name, text := range good {
				if name == c.file {
					text = c.text
				}
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			n, err := check(dir, ".", "./big")
			switch {
			case c.wrong == "" && (err != nil || n != 4): // m, m for its tests, m_test, big
				t.Errorf("%d packages, error %v", n, err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("error %v, want one that names %s", err, c.wrong)
			}
		})
	}
	if _, err := check(t.TempDir(), "std/no/such"); err == nil {
		t.Error("a pattern that matches nothing passes")
	}
}
