package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const consumer = `package main

import (
	"context"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/respool/respool/resource"
	"github.com/respool/respool/resource/poolotel"
	"github.com/respool/respool/resource/poolprom"
)

func main() {
	traces, err := poolotel.New(poolotel.Options{})
	if err != nil {
		panic(err)
	}
	pool, err := resource.New(resource.Config[int]{Name: "p", Observer: traces, Open: func(context.Context) (int, error) { return 1, nil }})
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	collector := poolprom.New(poolprom.Options{})
	prometheus.MustRegister(collector)
	if err := collector.Add("p", pool.Stats); err != nil {
		panic(err)
	}
	fmt.Println(pool.Do(context.Background(), func(context.Context, int) error { return nil }))
}
`

// A module outside of the repository builds with both exporters. Its replacements stand for the versions of a release:
// those in the exporters' own go.mod do not reach it.
func TestConsumer(t *testing.T) {
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(mod), "module github.com/respool/respool/docs/monitoring", "module example.com/consumer", 1)
	text = strings.ReplaceAll(text, "=> ../..", "=> "+filepath.ToSlash(root))
	for name, text := range map[string]string{"go.mod": text, "go.sum": string(sums), "main.go": consumer} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	run.Dir, run.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := run.CombinedOutput(); err != nil || string(out) != "<nil>\n" {
		t.Errorf("go run: %v\n%s", err, out)
	}
}
