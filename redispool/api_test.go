package redispool_test

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"testing"
)

const (
	redigoPath = "github.com/gomodule/redigo/redis"
	ownPath    = "github.com/respool/respool/redispool"
)

// TestAPI checks the promise that a program on redigo changes only its import line.
func TestAPI(t *testing.T) {
	theirs, ours := compiled(t)
	for _, difference := range drift(theirs, ours) {
		t.Error(difference)
	}
}

// compiled returns the two packages as the compiler exported them. One importer loads both, because a type that both
// mention must be the same type.
func compiled(t *testing.T) (theirs, ours *types.Package) {
	t.Helper()
	const format = "{{if .Export}}{{.ImportPath}}\t{{.Export}}{{end}}"
	cmd := exec.Command("go", "list", "-export", "-deps", "-f", format, redigoPath, ownPath)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, &stderr)
	}
	files := map[string]string{}
	for line := range bytes.Lines(out) {
		path, file, _ := bytes.Cut(bytes.TrimSpace(line), []byte{'\t'})
		files[string(path)] = string(file)
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("go list did not name %s", path)
		}
		return os.Open(files[path])
	})
	if theirs, err = from.Import(redigoPath); err != nil {
		t.Fatal(err)
	}
	if ours, err = from.Import(ownPath); err != nil {
		t.Fatal(err)
	}
	return theirs, ours
}
