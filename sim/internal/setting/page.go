package setting

import (
	"cmp"
	"slices"
)

// Page is a field of the playground. Its value is the text of the flag.
type Page struct {
	Group string
	Label string
	// Value is the text at first. If it is empty, the flag is left out. "yes" gives a
	// flag that has no value.
	Value string
	Help  string
	Order int // within the group; fields with the same one stand as in the table
	// Slider may be nil.
	Slider *Slider
}

// Slider is a slider beside a field: of seconds, if the field is a time.
type Slider struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Scale string  `json:"scale"`          // "linear" or "log"
	Step  float64 `json:"step,omitempty"` // of a linear one; zero: 1
	None  bool    `json:"none,omitempty"` // at its left end the flag is left out
}

func logarithmic(from, to float64) *Slider { return &Slider{From: from, To: to, Scale: "log"} }

func linear(from, to float64) *Slider { return &Slider{From: from, To: to, Scale: "linear"} }

func (s *Slider) orNone() *Slider {
	s.None = true
	return s
}

func (s *Slider) step(step float64) *Slider {
	s.Step = step
	return s
}

// PageGroups are the titles of the playground's groups, in their order.
var PageGroups = []string{"Load", "Pool", "Keys", "Server", "Clients"}

// PageOf returns the settings that a group of the playground has, in their order.
func PageOf(group string) (fields []Setting) {
	for _, s := range All() {
		if s.Page != nil && s.Page.Group == group {
			fields = append(fields, s)
		}
	}
	slices.SortStableFunc(fields, func(a, b Setting) int { return cmp.Compare(a.Page.Order, b.Page.Order) })
	return fields
}
