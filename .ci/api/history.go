package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// everRemoved are the lines that the listing has lost at any time. Changes that are
// not committed count. A clone without history knows of no others.
func everRemoved() ([]string, error) {
	var lines []string
	for _, args := range [][]string{
		// -m shows merges, too: a line may get lost in one.
		{"log", "-m", "-p", "-U0", "--format=", "--", stored},
		{"diff", "-U0", "HEAD", "--", stored},
	} {
		out, err := exec.Command("git", args...).Output()
		if err != nil {
			return nil, fmt.Errorf("git %s: %w", args[0], err)
		}
		lines = append(lines, removedIn(string(out))...)
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// removedIn finds the lines that a diff takes away.
func removedIn(diff string) (lines []string) {
	for line := range strings.Lines(diff) {
		rest, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "-")
		if is && !strings.HasPrefix(rest, "--") {
			lines = append(lines, rest)
		}
	}
	return lines
}

// unnamed are the lines whose name the changelog does not have. A member is named
// with its type, too.
func unnamed(lines []string, changelog string) (silent []string) {
	for _, l := range lines {
		name, _, _ := strings.Cut(l, " ")
		parts := strings.Split(name, ".")
		if !hasName(changelog, name) && !hasName(changelog, strings.Join(parts[:2], ".")) {
			silent = append(silent, l)
		}
	}
	return silent
}

// hasName reports whether a text has a name in backquotes and as a whole, so
// that `resource.Config.Open` does not name resource.Config.
func hasName(text, name string) bool {
	return strings.Contains(text, "`"+name+"`")
}
