package main

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	if out := ok(t, "version"); !strings.HasPrefix(out, "poolsim ") || !strings.Contains(out, "\nbuilt with "+runtime.Version()+"\n") {
		t.Errorf("poolsim version:\n%s", out)
	}
	var b build
	if err := json.Unmarshal([]byte(ok(t, "version -format json")), &b); err != nil || b.Version == "" || b.Go != runtime.Version() {
		t.Errorf("poolsim version -format json: %+v, error %v", b, err)
	}
	if r := poolsim("", "version 1.2"); r.status != exitUsage || !strings.Contains(r.err, `"1.2" is not a flag`) {
		t.Errorf("poolsim version 1.2: status %d\n%s%s", r.status, r.err, r.out)
	}
}

func TestBuildOf(t *testing.T) {
	set := func(pairs ...string) (all []debug.BuildSetting) {
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return all
	}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"nothing known": {nil, "poolsim unknown\n"},
		"installed": {&debug.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Version: "v1.2.3"}},
			"poolsim v1.2.3\nbuilt with go1.26.0\n"},
		"clean": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: set("vcs.revision", "0123abcd", "vcs.modified", "false")},
			"poolsim (devel)\nrevision 0123abcd\n"},
		"changed": {&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: set("vcs.revision", "0123abcd", "vcs.modified", "true")},
			"poolsim (devel)\nrevision 0123abcd, changed since\n"},
	} {
		if got := string(buildOf(c.info).text()); got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}
