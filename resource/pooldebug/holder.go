package pooldebug

import (
	"path"
	"strings"

	"github.com/respool/respool/resource"
)

// holder is who has a resource, in short. It is empty if the pool does not know: see
// Config.LeakAfter.
func holder(r resource.ResourceInfo) string { return place(r.Holder) }

// place is where a stack begins: the function that acquired, and its line.
func place(stack string) string {
	lines := strings.SplitN(stack, "\n", 3)
	if len(lines) < 2 {
		return ""
	}
	function := strings.TrimSuffix(lines[0], "(...)")
	return path.Base(function) + " (" + path.Base(strings.TrimSpace(lines[1])) + ")"
}

// hasHolders reports whether the pool knows who has its resources.
func (d *Details) hasHolders() bool {
	for _, r := range d.Resources {
		if r.Holder != "" {
			return true
		}
	}
	return false
}

// longest returns the resource with a known holder that is leased longest.
func longest(all []resource.ResourceInfo) (r resource.ResourceInfo, ok bool) {
	for _, other := range all {
		if other.Holder != "" && !other.Since.IsZero() && (!ok || other.Since.Before(r.Since)) {
			r, ok = other, true
		}
	}
	return r, ok
}
