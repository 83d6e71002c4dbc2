package main

import (
	"fmt"
	"slices"
)

// runUntilKnown runs points from the smallest pool to the largest, and ends for each
// value of the other parameter with the first pool that meets the targets: the others
// are larger.
func (s *sweep) runUntilKnown(g *progress) error {
	size, rest := s.size()
	sizes := slices.Clone(s.params[size].values)
	slices.Sort(sizes)
	if sizes[0] == 0 { // no limit: the largest
		sizes = append(slices.DeleteFunc(sizes, func(n float64) bool { return n == 0 }), 0)
	}
	done := map[int]bool{} // by value of the other parameter
	for _, value := range slices.Compact(sizes) {
		part := *s
		part.points = nil
		var from []int
		for i, p := range s.points {
			if s.params[size].values[p.values[size]] == value && !done[s.other(&p, rest)] {
				part.points, from = append(part.points, p), append(from, i)
			}
		}
		if len(from) == 0 {
			continue
		}
		if err := part.run(g); err != nil {
			return err
		}
		for k, i := range from {
			s.points[i] = part.points[k]
			if s.points[i].meets {
				done[s.other(&s.points[i], rest)] = true
			}
		}
	}
	return nil
}

// other returns the index of a point's value of the parameter that is not the size.
func (s *sweep) other(p *point, rest int) int {
	if rest < 0 {
		return -1
	}
	return p.values[rest]
}

// ran is the points that were run.
func (s *sweep) ran() (all []*point) {
	for i := range s.points {
		if s.points[i].figures != nil {
			all = append(all, &s.points[i])
		}
	}
	return all
}

// stopped returns a sentence about the points that were not run, or "".
func (s *sweep) stopped() string {
	left := len(s.points) - len(s.ran())
	if left == 0 {
		return ""
	}
	return fmt.Sprintf("The sweep stopped when the answer was known: %d of %d points, with larger pools, were not run (-all runs them).", left, len(s.points))
}
