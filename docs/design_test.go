package docs_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/respool/respool/"

// TestImportsAreThoseOfTheDesign holds the imports of every package against the table of rooms
// in design.md.
func TestImportsAreThoseOfTheDesign(t *testing.T) {
	rooms := roomsOf(t)
	for _, top := range []string{"policy", "resource", "redispool", "sim"} {
		err := filepath.WalkDir(filepath.Join("..", top), func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "testdata") {
				return err
			}
			folder := filepath.ToSlash(filepath.Dir(strings.TrimPrefix(name, ".."+string(filepath.Separator))))
			may, ok := rooms[roomOf(rooms, folder)]
			if !ok {
				t.Errorf("%s is in no room of design.md", folder)
				return nil
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			for _, i := range f.Imports {
				path, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				if own, ok := strings.CutPrefix(path, module); ok && !allowed(may, own) {
					t.Errorf("%s imports %s, which design.md does not allow", name, own)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestRoomsAllow shows what the table allows, and what it does not.
func TestRoomsAllow(t *testing.T) {
	rooms := roomsOf(t)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"policy", "resource", false},
		{"resource", "policy", true},
		{"resource", "redispool", false},
		{"resource/ledger", "resource", false},
		{"resource/pooldebug", "resource/internal/poolset", true},
		{"redispool", "redispool/internal/command", true},
		{"redispool/internal/command", "redispool", false},
		{"redispool", "resource/ledger", false},
		{"sim/internal/oracle", "sim", false},
		{"sim/cmd/poolsim/internal/live", "redispool", true},
	} {
		if got := allowed(rooms[roomOf(rooms, c.from)], c.to); got != c.want {
			t.Errorf("%s may import %s: %t, want %t", c.from, c.to, got, c.want)
		}
	}
}

// roomsOf reads the table: what each folder may import.
func roomsOf(t *testing.T) map[string][]string {
	text, err := os.ReadFile("design.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| directory | has | may import, of this module |\n")
	if !ok {
		t.Fatal("design.md has no table of rooms")
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	rooms := map[string][]string{}
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 {
			if strings.TrimSpace(line) == "" {
				break
			}
			continue
		}
		may := []string{}
		if strings.HasPrefix(cells[2], "everything") {
			may = nil
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[2], -1) {
			may = append(may, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
			rooms[m[1]] = may
		}
	}
	if len(rooms) < 10 {
		t.Fatalf("design.md has %d rooms", len(rooms))
	}
	return rooms
}

// roomOf returns the room that a folder belongs to: itself, or the nearest folder above it.
func roomOf(rooms map[string][]string, folder string) string {
	for {
		if _, ok := rooms[folder]; ok {
			return folder
		}
		i := strings.LastIndex(folder, "/")
		if i < 0 {
			return ""
		}
		folder = folder[:i]
	}
}

// allowed reports whether a room may import a package. Nil allows everything, and a folder
// named internal stands for all that it has.
func allowed(may []string, path string) bool {
	return may == nil || slices.ContainsFunc(may, func(m string) bool {
		return path == m || strings.HasSuffix(m, "/internal") && strings.HasPrefix(path, m+"/")
	})
}
