package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/setting"
)

// pageField is a field of the playground, as its page reads it.
type pageField struct {
	Flag   string          `json:"flag"`
	Label  string          `json:"label"`
	Kind   string          `json:"kind"` // "number", "time" or "yes"
	Value  string          `json:"value"`
	Help   string          `json:"help"`
	Slider *setting.Slider `json:"slider,omitempty"`
	Waits  bool            `json:"waits,omitempty"`
}

type pageGroup struct {
	Title  string      `json:"title"`
	Fields []pageField `json:"fields"`
}

// The playground's fields are those of the table of settings. To write them anew:
//
//	go test ./sim/cmd/poolsim -run TestPlaygroundFields -update
func TestPlaygroundFields(t *testing.T) {
	var groups []pageGroup
	for _, title := range setting.PageGroups {
		g := pageGroup{Title: title}
		for _, s := range setting.PageOf(title) {
			g.Fields = append(g.Fields, pageField{s.Flag, s.Page.Label, pageKind(&s), s.Page.Value, s.Page.Help, s.Page.Slider, s.NeedsWait})
		}
		groups = append(groups, g)
	}
	var want bytes.Buffer
	e := json.NewEncoder(&want)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(groups); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "..", "docs", ".vitepress", "theme", "playground", "fields.json")
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(file, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what the table of settings says: write it with -update", file)
	}
}

// pageKind is how the page edits a value: a number, a text with times in it, or yes.
func pageKind(s *setting.Setting) string {
	switch s.Of(new(sim.Scenario)).Interface().(type) {
	case bool:
		return "yes"
	case int, int64, uint64, float64:
		return "number"
	}
	return "time"
}
