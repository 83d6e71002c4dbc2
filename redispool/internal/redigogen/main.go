// Redigogen writes redigo_gen.go of package redispool. The file declares redigo's exported API again, so that a program
// needs only one import. Types become aliases, so that both packages can use each other's values. Functions become
// functions, so that the documentation shows their signatures.
//
// go generate runs it in the directory of package redispool. It uses the version of redigo that go.mod requires.
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
