package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	ownModule     = "github.com/respool/respool"
	redigoModule  = "github.com/gomodule/redigo"
	testifyModule = "github.com/stretchr/testify"
)

// upstream is the redigo module that the checkout's go.mod requires.
type upstream struct {
	Version  string
	Dir      string
	GoMod    string // a file
	checkout string
}

func find() (*upstream, error) {
	checkout, err := output("go", "list", "-m", "-f", "{{.Dir}}", ownModule)
	if err != nil {
		return nil, err
	}
	listed, err := output("go", "mod", "download", "-json", redigoModule)
	if err != nil {
		return nil, err
	}
	u := &upstream{checkout: string(bytes.TrimSpace(checkout))}
	return u, json.Unmarshal(listed, u)
}

// writeModule makes dir a module with redigo's own test dependencies. It requires this project's module only if redispool
// is tested.
func (u *upstream) writeModule(dir string, self bool) error {
	testify, err := u.testify()
	if err != nil {
		return err
	}
	var mod bytes.Buffer
	fmt.Fprintf(&mod, "module redigosuite\n\ngo 1.25\n\nrequire %s %s\n\nrequire %s %s\n",
		redigoModule, u.Version, testifyModule, testify)
	sums := []string{filepath.Join(u.Dir, "go.sum"), filepath.Join(u.checkout, "go.sum")}
	if !self {
		fmt.Fprintf(&mod, "\nrequire %s v0.0.0\n\nreplace %s => %q\n", ownModule, ownModule, u.checkout)
	}
	var sum bytes.Buffer
	for _, name := range sums {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		sum.Write(text)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), mod.Bytes(), 0o600),
		os.WriteFile(filepath.Join(dir, "go.sum"), sum.Bytes(), 0o600))
}

// testify returns the version of testify that redigo requires.
func (u *upstream) testify() (string, error) {
	out, err := output("go", "mod", "edit", "-json", u.GoMod)
	if err != nil {
		return "", err
	}
	var mod struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return "", err
	}
	for _, require := range mod.Require {
		if require.Path == testifyModule {
			return require.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", u.GoMod, testifyModule)
}

func output(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w", cmd, err)
	}
	return out, nil
}
