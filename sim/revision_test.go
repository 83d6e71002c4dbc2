package sim

import (
	"runtime/debug"
	"testing"
)

func TestRevision(t *testing.T) {
	main := debug.Module{Path: "github.com/respool/respool", Version: "(devel)"}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123abcd"}
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"clean":         {debug.BuildInfo{Main: main, Settings: []debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}}, "0123abcd"},
		"changed":       {debug.BuildInfo{Main: main, Settings: []debug.BuildSetting{revision, {Key: "vcs.modified", Value: "true"}}}, "0123abcd+"},
		"without vcs":   {debug.BuildInfo{Main: main}, "unknown"},
		"a dependency":  {debug.BuildInfo{Main: debug.Module{Path: "example.com/app"}, Deps: []*debug.Module{{Path: main.Path, Version: "v1.2.3"}}, Settings: []debug.BuildSetting{revision}}, "v1.2.3"},
		"not even that": {debug.BuildInfo{Main: debug.Module{Path: "example.com/app"}, Settings: []debug.BuildSetting{revision}}, "unknown"},
	} {
		if got := revisionOf(&c.info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if Revision() == "" {
		t.Error("this test has an empty one")
	}
}
