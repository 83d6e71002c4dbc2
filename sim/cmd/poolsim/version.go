package main

import (
	"bytes"
	"fmt"
	"runtime/debug"
)

func versionCommand() *command {
	return &command{
		name: "version", args: "[flags]",
		summary: "print the versions of this program and of its Go, and its revision",
		text: `
Prints the version of the module, the revision of the code and the version of Go
that this program was built with. It leaves out what it does not know: go run and
"go install" of a version do not know the revision, and go build in a clone knows both.

  poolsim version
  poolsim version -format json
`,
		begin: func() (*flags, action) {
			v := newVersion()
			return v.flags, v.start
		},
	}
}

type versionFlags struct {
	flags  *flags
	format *output
}

func newVersion() *versionFlags {
	f := newFlags("version")
	f.group("Output")
	return &versionFlags{f, f.format()}
}

func (v *versionFlags) start(p *process, _ []string) error {
	info, _ := debug.ReadBuildInfo()
	b := buildOf(info)
	if v.format.json() {
		return p.printJSON(b)
	}
	_, err := p.stdout.Write(b.text())
	return err
}

// build is what a program knows of how it was built.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Changed  bool   `json:"changed,omitempty"` // since that revision
	Go       string `json:"go,omitempty"`
}

// buildOf takes nil as a program that knows nothing.
func buildOf(info *debug.BuildInfo) build {
	b := build{Version: "unknown"}
	if info == nil {
		return b
	}
	b.Go = info.GoVersion
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Changed = s.Value == "true"
		}
	}
	return b
}

func (b build) text() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "poolsim %s\n", b.Version)
	if b.Revision != "" {
		changed := ""
		if b.Changed {
			changed = ", changed since"
		}
		fmt.Fprintf(&out, "revision %s%s\n", b.Revision, changed)
	}
	if b.Go != "" {
		fmt.Fprintf(&out, "built with %s\n", b.Go)
	}
	return out.Bytes()
}
