// Package nearest finds the name that a user may have meant.
package nearest

import "strings"

// Of returns the known name that is nearest to a mistyped one, or "" if none is
// near. Capitals, dashes and underscores do not count.
func Of(text string, known []string) string {
	text = bare(text)
	best, least := "", max(len([]rune(text))/3, 1)+1
	for _, name := range known {
		if d := distance(text, bare(name)); d < least {
			best, least = name, d
		}
	}
	if best == "" && len(text) > 2 {
		for _, name := range known {
			if strings.HasPrefix(bare(name), text) {
				return name
			}
		}
	}
	return best
}

func bare(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(name))
}

// distance is how many letters must be put in, left out, changed or swapped with their
// neighbor.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range y {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
