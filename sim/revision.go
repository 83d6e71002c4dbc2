package sim

import "runtime/debug"

// Revision returns the revision of the code that this program was built from, with "+" if
// the code had been changed since, or "unknown". A seed means the same only with the same
// code.
func Revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return unknownRevision
	}
	return revisionOf(info)
}

const unknownRevision = "unknown"

// revisionOf returns the revision of the main module, or the version of this one if it is a
// dependency.
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
