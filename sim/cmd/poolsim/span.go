package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/sim"
	"github.com/respool/respool/sim/internal/compact"
	"github.com/respool/respool/sim/internal/figures"
)

// parameter is an option with the values that a sweep tries.
type parameter struct {
	option
	values []float64 // of a length, seconds
	texts  []string  // as the option reads them
}

// maxValues keeps a mistyped range from running for a day.
const maxValues = 1000

// swept reports whether an option has a range or a list of values.
func (o *option) swept(texts []string) bool {
	return o.kind != fixed && len(texts) > 0 && strings.ContainsAny(texts[len(texts)-1], ":,")
}

// spanSyntax is what parseSpan reads, for a help text.
const spanSyntax = `  4:64         from 4 to 64: whole numbers in steps of 1, others in 10 steps
  4:64:4       from 4 to 64 in steps of 4
  4,8,16       these
`

// parseSpan reads the values of a parameter.
func parseSpan(o option, text string) (*parameter, error) {
	p := &parameter{option: o}
	if strings.Contains(text, ",") {
		words := strings.Split(text, ",")
		if len(words) > maxValues {
			return nil, tooMany(text)
		}
		for _, word := range words {
			v, err := p.read(word)
			if err != nil {
				return nil, err
			}
			p.add(v)
		}
		return p, nil
	}
	from, to, step, err := p.ends(text)
	if err != nil {
		return nil, err
	}
	// A step that is too small for the precision of the ends would repeat one value.
	if n := (to - from) / step; !(n <= maxValues) || from+step == from || to-step == to {
		return nil, tooMany(text)
	}
	for i := range int((to-from)/step+1e-9) + 1 {
		p.add(from + float64(float64(i)*step))
	}
	return p, nil
}

func tooMany(text string) error {
	return fmt.Errorf("%q has more than %d values; give it a larger step", text, maxValues)
}

// ends reads FROM:TO or FROM:TO:STEP.
func (p *parameter) ends(text string) (from, to, step float64, err error) {
	words := strings.Split(text, ":")
	if len(words) > 3 {
		return 0, 0, 0, fmt.Errorf("%q is not of the form FROM:TO or FROM:TO:STEP", text)
	}
	var ends [3]float64
	for i, word := range words {
		if ends[i], err = p.read(word); err != nil {
			return 0, 0, 0, err
		}
		if size := math.Abs(ends[i]); size > p.farthest() {
			return 0, 0, 0, fmt.Errorf("%q: %s is beyond %s, the most in a range", text, word, p.format(p.farthest()))
		}
	}
	from, to, step = ends[0], ends[1], ends[2]
	if len(words) == 2 {
		if step = (to - from) / 10; p.kind == whole {
			step = 1
		}
	}
	switch {
	case to <= from:
		err = fmt.Errorf("%q goes from %s to %s, which is not above it", text, words[0], words[1])
	case step <= 0:
		err = fmt.Errorf("%q has a step of %s, which is not positive", text, words[2])
	}
	return from, to, step, err
}

// farthest returns a value beyond any that an option of the kind takes.
func (p *parameter) farthest() float64 {
	switch p.kind {
	case whole:
		return math.MaxInt32
	case length:
		return time.Duration(1 << 60).Seconds()
	}
	return 1e9
}

func (p *parameter) read(text string) (float64, error) {
	switch p.kind {
	case whole:
		n, err := compact.Int(text)
		return float64(n), err
	case length:
		d, err := compact.Duration(text)
		return time.Duration(d).Seconds(), err
	}
	return compact.Number(text)
}

func (p *parameter) add(v float64) {
	text := strconv.FormatFloat(v, 'g', 12, 64)
	if p.kind == length {
		text = time.Duration(math.Round(float64(v * 1e9))).String()
	}
	p.values, p.texts = append(p.values, v), append(p.texts, text)
}

// format writes one of the parameter's values.
func (p *parameter) format(v float64) string {
	if p.kind == length {
		return figures.Seconds(v)
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// put sets the parameter in a scenario to its value number i.
func (p *parameter) put(sc *sim.Scenario, i int) error {
	if err := p.set(sc, p.texts[i]); err != nil {
		return fmt.Errorf("-%s: %w", p.name, err)
	}
	return nil
}
