package story

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/respool/respool/policy"
	"github.com/respool/respool/resource/ledger"
)

// settings are a pool's settings in the order of the pool's line: the name, and the
// field. Every field of Pool has a row.
var settings = []struct {
	name string
	of   func(p *Pool) any // a pointer to the field
}{
	{"max-active", func(p *Pool) any { return &p.MaxActive }},
	{"max-idle", func(p *Pool) any { return &p.MaxIdle }},
	{"min-idle", func(p *Pool) any { return &p.MinIdle }},
	{"max-waiters", func(p *Pool) any { return &p.MaxWaiters }},
	{"wait-timeout", func(p *Pool) any { return &p.WaitTimeout }},
	{"shed-target", func(p *Pool) any { return &p.ShedTarget }},
	{"shed-interval", func(p *Pool) any { return &p.ShedInterval }},
	{"reserve", func(p *Pool) any { return &p.Reserve }},
	{"order", func(p *Pool) any { return &p.FIFO }},
	{"max-age", func(p *Pool) any { return &p.MaxAge }},
	{"jitter", func(p *Pool) any { return &p.Jitter }},
	{"replace-ahead", func(p *Pool) any { return &p.ReplaceAhead }},
	{"max-uses", func(p *Pool) any { return &p.MaxUses }},
	{"idle-timeout", func(p *Pool) any { return &p.IdleTimeout }},
	{"keep", func(p *Pool) any { return &p.Keep }},
	{"open-backoff", func(p *Pool) any { return &p.OpenBackoff }},
	{"test", func(p *Pool) any { return &p.Tests }},
	{"test-idle-every", func(p *Pool) any { return &p.TestIdleEvery }},
	{"test-suspects", func(p *Pool) any { return &p.TestSuspects }},
	{"seed", func(p *Pool) any { return &p.Seed }},
}

// Setting returns a pointer to the setting with a name, or nil if there is none. The
// bool is whether the order is fifo.
func (p *Pool) Setting(name string) any {
	for _, s := range settings {
		if s.name == name {
			return s.of(p)
		}
	}
	return nil
}

// String returns the pool's line. Settings with their default are left out.
func (p Pool) String() string {
	words, standard := []string{"pool"}, Unlimited()
	for _, s := range settings {
		value := s.of(&p)
		if reflect.DeepEqual(value, s.of(&standard)) {
			continue
		}
		for _, text := range settingTexts(value) {
			words = append(words, s.name+"="+text)
		}
	}
	return strings.Join(words, " ")
}

// settingTexts returns the values of a setting as a story has them.
func settingTexts(value any) (texts []string) {
	switch v := value.(type) {
	case *int:
		return []string{limit(*v)}
	case *time.Duration:
		return []string{short(*v)}
	case *bool:
		return []string{order(*v)}
	case *Switch:
		return []string{"on"} // off is the default
	case *uint64:
		return []string{strconv.FormatUint(*v, 10)}
	case *[]Test:
		for _, t := range *v {
			texts = append(texts, t.String())
		}
		return texts
	}
	panic(fmt.Sprintf("story: a setting is a %T", value))
}

// setSetting sets a setting to its value in a story.
func setSetting(value any, text string) (err error) {
	switch v := value.(type) {
	case *int:
		*v, err = parseLimit(text)
	case *time.Duration:
		*v, err = parseTime(text)
	case *bool:
		*v = text == order(true)
		if !*v && text != order(false) {
			err = fmt.Errorf("an order is lifo or fifo")
		}
	case *Switch:
		if *v = text == "on"; !*v {
			err = fmt.Errorf("it is on, or left out")
		}
	case *uint64:
		*v, err = strconv.ParseUint(text, 10, 64)
	case *[]Test:
		var t Test
		t, err = parseTest(text)
		*v = append(*v, t)
	default:
		err = fmt.Errorf("unknown setting")
	}
	return err
}

func order(fifo bool) string {
	if fifo {
		return "fifo"
	}
	return "lifo"
}

func parsePool(text string) (Pool, error) {
	p := Unlimited()
	words := strings.Fields(text)
	if words[0] != "pool" {
		return p, fmt.Errorf("%q stands where the pool should", text)
	}
	seen := map[string]bool{"test": false}
	for _, word := range words[1:] {
		name, value, ok := strings.Cut(word, "=")
		if !ok || seen[name] {
			return p, fmt.Errorf("%q is not a setting of the form name=value, or its name is there twice", word)
		}
		seen[name] = name != "test"
		if err := setSetting(p.Setting(name), value); err != nil {
			return p, fmt.Errorf("%s: %w", word, err)
		}
	}
	return p, p.validate()
}

// validate finds settings that would make the ledger or a policy panic.
func (p Pool) validate() error {
	switch {
	case p.MaxActive < 1:
		return fmt.Errorf("max-active must be at least 1")
	case p.MinIdle > p.MaxIdle || p.MinIdle > p.MaxActive:
		return fmt.Errorf("min-idle is above max-idle or max-active")
	case p.Jitter > p.MaxAge:
		return fmt.Errorf("jitter is above max-age")
	case p.ReplaceAhead > 0 && p.MaxAge == 0:
		return fmt.Errorf("replace-ahead without max-age means nothing")
	case p.Reserve >= p.MaxActive:
		return fmt.Errorf("reserve leaves nothing of max-active")
	case p.ShedInterval > 0 && p.ShedTarget == 0:
		return fmt.Errorf("shed-interval without shed-target means nothing")
	case p.Keep > 0 && p.IdleTimeout == 0:
		return fmt.Errorf("keep without idle-timeout means nothing")
	case p.TestIdleEvery > 0 && len(p.Tests) == 0:
		return fmt.Errorf("test-idle-every needs a test")
	case bool(p.TestSuspects) && len(p.Tests) == 0:
		return fmt.Errorf("test-suspects without a test means nothing")
	case len(p.Tests) > policy.MaxChecks:
		return fmt.Errorf("more than %d tests", policy.MaxChecks)
	}
	return nil
}

// always is the text of a test without a condition.
const always = "always"

// String returns the test as a story has it. No story can have a test with two
// conditions; then this is the first.
func (t Test) String() string {
	for _, c := range t.conditions() {
		if *c.time > 0 {
			return c.name + ":" + short(*c.time)
		}
	}
	return always
}

func parseTest(text string) (t Test, err error) {
	if text == always {
		return t, nil
	}
	name, value, _ := strings.Cut(text, ":")
	for _, c := range t.conditions() {
		if c.name == name {
			*c.time, err = parseTime(value)
			return t, err
		}
	}
	return t, fmt.Errorf("a test is always, if-idle-for:TIME or at-most-every:TIME")
}

// condition is a condition of a test, by its name in a story.
type condition struct {
	name string
	time *time.Duration
}

func (t *Test) conditions() []condition {
	return []condition{{"if-idle-for", &t.IfIdleFor}, {"at-most-every", &t.AtMostEvery}}
}

// limit writes a number that may be NoLimit.
func limit(n int) string {
	if n == ledger.NoLimit {
		return "none"
	}
	return fmt.Sprint(n)
}

// short writes a duration without the zeros at its end: 5m, not 5m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
