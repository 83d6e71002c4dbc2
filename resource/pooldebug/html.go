package pooldebug

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"

	"github.com/respool/respool/resource"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style string

// styleHash names the page's one style sheet, which is the only thing that the browser
// may apply.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(style))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style":  func() template.CSS { return template.CSS(style) },
	"totals": totals,
	"charts": chartsOf,
	"span":   span,
	"since":  since,
	"age":    age,
	"holder": holder,
	"states": func() []string { return states },
	"ofAll":  ofAll,
}).Parse(pageText))

// view is what the page is made from.
type view struct {
	*Report
	Title string
	One   *Entry // the pool of the details; nil in the overview
}

func writeHTML(w io.Writer, r *Report) error {
	v := view{Report: r, Title: "Pools"}
	if r.query.onePool {
		v.One = &r.Pools[0]
		v.Title = v.One.Name
		if key := v.One.Details.Key; key != "" {
			v.Title += ", key " + key
		}
	}
	return page.Execute(w, v)
}

// The methods of view are for the template.

func (v view) Overview() string {
	return v.link("pool", "", "key", "", "from", "", "state", "")
}

func (v view) LinkTo(pool string) string {
	return v.link("pool", pool, "key", "", "from", "", "state", "")
}

func (v view) LinkToKey(key string) string { return v.link("key", key, "from", "", "state", "") }
func (v view) OfState(state string) string { return v.link("state", state, "from", "") }
func (v view) As(format string) string     { return v.link("format", format) }
func (v view) State() string               { return v.query.state }

// FailureOf returns the last failed opening of a pool, or nil if there was none or a finding
// says it.
func (v view) FailureOf(e Entry) *pastFailure {
	if f := e.LastOpenFailure; f != nil && f.Over {
		return &pastFailure{span(v.Time.Sub(f.Time)), f.Text}
	}
	return nil
}

type pastFailure struct{ Ago, Text string }

func (v view) Before(d *Details) string {
	before, _ := v.pages(d)
	return before
}

func (v view) After(d *Details) string {
	_, after := v.pages(d)
	return after
}

func (v view) HasHolders(d *Details) bool { return d.hasHolders() }
func (v view) Part(d *Details) string     { return shownPart(d, max(len(d.Resources), len(d.Keys))) }
func (v view) Bar(st resource.Stats) bar  { return barOf(st) }
