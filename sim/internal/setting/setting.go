// Package setting has the table of a scenario's fields. The row has the field's place in
// the JSON form, the valid values, the flag of poolsim, the help, the field of the
// playground, and the name of the pool's setting in a story.
//
// To add a field, add it to the struct in package sim, and a row to the table.
package setting

import (
	"math"
	"reflect"
	"strings"
)

// Setting is a row of the table: a field of a scenario.
type Setting struct {
	// Path is that of the field in the JSON form. Each element of a list has the path
	// of the list with [].
	Path string
	// Story is the name of the pool's setting in a story, or empty if stories do not have
	// it.
	Story string
	// Rule is what values are valid.
	Rule Rule

	// Flag is the name of poolsim's flag, or empty if there is none. A flag can set a
	// struct as a whole.
	Flag string
	// Usage is the flag's help. The word in backquotes is the name of the value.
	Usage string
	// Fixed says that the flag cannot have a range of values in a sweep.
	Fixed bool
	// Repeats says that the flag can be given several times: the values make a list.
	Repeats bool
	// NeedsWait says that the field means something only for a pool that waits.
	NeedsWait bool

	// Page is the field of the playground, or nil if there is none.
	Page *Page
}

// Rule is what values of a field are valid. Limits that depend on other fields are not
// in the table.
type Rule uint8

// The rules.
const (
	Free         Rule = iota // any value
	NotNegative              // a number from 0 on
	Count                    // a number that the ledger can count, from 0 on
	CountOrNone              // the same, or -1
	Clients                  // a number that the ledger can count, from 1 on
	Span                     // a time, from 0 on
	PositiveSpan             // a time above 0
	Share                    // from 0 to 1
	Rate                     // a number a second, above 0
	RateOrNone               // the same, or 0
	Factor                   // above 0
	Order                    // lifo or fifo, or empty
	Dist                     // a distribution, which has rules of its own
	File                     // the name of a file, or empty
)

// MaxCount is the most that a ledger counts.
const MaxCount = math.MaxInt32

// Group is the settings that stand under one title in the help.
type Group struct {
	Title    string
	Settings []Setting
}

// All returns all settings, in the order of the table.
func All() []Setting { return all }

var all = func() (all []Setting) {
	for _, g := range Groups {
		all = append(all, g.Settings...)
	}
	return all
}()

// Of returns the field of a scenario, given by a pointer. It allocates the structs on
// the way that are nil. The path must not go through a list.
func (s *Setting) Of(scenario any) reflect.Value {
	v := reflect.ValueOf(scenario).Elem()
	for name := range strings.SplitSeq(s.Path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = field(v, name)
	}
	return v
}

// Each calls f with the field of a scenario, given by a pointer, or with each of the
// fields in the elements of a list. It passes over fields in structs that are nil. It
// ends at the first error, and returns that with the field's path.
func (s *Setting) Each(scenario any, f func(v reflect.Value) error) (path string, err error) {
	return each(reflect.ValueOf(scenario).Elem(), s.Path, f)
}
