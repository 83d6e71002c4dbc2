package sim

import "runtime/debug"

// Revision is that of the code this program was built from, with "+" if it had been
// changed since, or "unknown": a seed means the same only in the same code.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownRevision
	}
	return revisionOf(info)
}

const unknownRevision = "unknown"

// revisionOf looks for the revision of the main module, or else for the version of
// this one.
func revisionOf(info *debug.BuildInfo) string {
	const module = "github.com/respool/respool"
	if info.Main.Path != module {
		for _, m := range info.Deps {
			if m.Path == module {
				return m.Version
			}
		}
		return unknownRevision
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	if revision == "" {
		return unknownRevision
	}
	return revision + changed
}
