package walkthrough

import (
	"log/slog"
	"path"
	"strings"
)

// BriefLog is a ReplaceAttr for [slog.HandlerOptions]. It leaves out when a record was logged,
// and all of a stack except its first function, so the output is the same in each run.
func BriefLog(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey:
		return slog.Attr{}
	case "stack":
		lines := strings.SplitN(a.Value.String(), "\n", 3)
		return slog.String(a.Key, lines[0]+" "+path.Base(lines[1])+" ...")
	}
	return a
}
