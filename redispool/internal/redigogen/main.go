// Redigogen writes redigo_gen.go of package redispool: redigo's exported API, declared anew so that a program needs one
// import only. Types become aliases, so that values pass between the two packages; functions become functions, so that
// the documentation shows their signatures.
//
// It runs in the directory of package redispool, by go generate, and takes redigo at the version that go.mod requires.
package main

import (
	"fmt"
	"os"
)

const output = "redigo_gen.go"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "redigogen:", err)
		os.Exit(1)
	}
}

func run() error {
	src, err := generate()
	if err != nil {
		return err
	}
	return os.WriteFile(output, src, 0o644)
}

func generate() ([]byte, error) {
	pkg, err := load()
	if err != nil {
		return nil, err
	}
	return render(pkg)
}
