//go:build !js

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/respool/respool/sim/cmd/poolsim/internal/versus"
)

// throughputVerdict returns which pools differ: those whose ranges of throughput over the
// rounds do not overlap. With one round there is no range.
func throughputVerdict(all []*versus.Standing) string {
	if len(all) == 0 || len(all[0].Throughput) < 2 {
		return "One round shows no difference: what another one would show is not known (-rounds)."
	}
	var apart []string
	overlap := false
	for i, a := range all {
		for _, b := range all[i+1:] {
			fast, slow := a, b
			if a.Median() < b.Median() {
				fast, slow = b, a
			}
			if slices.Min(fast.Throughput) > slices.Max(slow.Throughput) {
				apart = append(apart, fmt.Sprintf("%s serves more requests than %s", fast.Name, slow.Name))
			} else {
				overlap = true
			}
		}
	}
	switch {
	case len(apart) == 0:
		return "The ranges of throughput overlap: no difference that these rounds can show."
	case overlap:
		return "In every round " + strings.Join(apart, ", ") + ". The other ranges overlap: no difference between those that these rounds can show."
	}
	return "In every round " + strings.Join(apart, ", ") + "."
}
