package resource

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// laneSteps is what the model has been made from: the steps of each function, in
// the order of the text. If the code has changed, change the model first.
var laneSteps = map[string]string{
	"Acquire":     "lane.Load takeToProve take",
	"TryAcquire":  "lane.Load takeToProve take",
	"take":        "word.Load until.Load word.CompareAndSwap",
	"takeToProve": "word.Load until.Load word.CompareAndSwap",
	"prove":       "doubted returned.Load lane.Load word.CompareAndSwap doubted departTested",
	"doubted":     "word.CompareAndSwap",
	"stamp":       "word.Load returned.Load returned.Store",
	"retrieve":    "mu.Lock lane.Load word.CompareAndSwap mu.Unlock giveBack",
	"fillLane":    "until.Load until.Store returned.Store word.Load lane.Store word.Store",
	"emptyLane":   "lane.Load lane.Store word.Load word.CompareAndSwap word.Load report returned.Load",
	"settleLane":  "lane.Load word.Load report",
	"passLane":    "lane.Load takeToProve take settleLane emptyLane",
	"makeWay":     "tellUses lane.Load settleLane emptyLane",
	"acquire":     "mu.TryLock mu.lockSlow lane.Load passLane mu.Unlock depart mu.Unlock line ask",
	"ask":         "depart",
	"depart":      "mu.Unlock",
	"end":         "word.CompareAndSwap",
	"Release":     "lane.Load stamp word.CompareAndSwap lane.Load retrieve end giveBack",
	"giveBack":    "mu.TryLock mu.lockSlow lane.Load makeWay mu.Unlock fillLane mu.Unlock",
	"Discard":     "end discard",
	"discard":     "tellUses",
	"Detach":      "end tellUses",
	"lock":        "mu.Lock emptyLane",
}

func TestLaneModelFollowsTheCode(t *testing.T) {
	got := map[string]string{}
	for _, file := range []string{"lane.go", "lease.go", "acquire.go", "pool.go", "prove.go"} {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				got[fn.Name.Name] = strings.Join(stepsOf(fn), " ")
			}
		}
	}
	for name, want := range laneSteps {
		if got[name] != want {
			t.Errorf("%s makes other steps than the model:\n got %s\nwant %s", name, got[name], want)
		}
	}
}

func stepsOf(fn *ast.FuncDecl) (steps []string) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if name := sel.Sel.Name; name == "take" || name == "takeToProve" {
			steps = append(steps, name)
		}
		on := ""
		switch x := sel.X.(type) {
		case *ast.SelectorExpr:
			on = x.Sel.Name
			if on == "pool" && sel.Sel.Name == "discard" {
				steps = append(steps, "discard")
			}
		case *ast.Ident:
			if x.Name == "p" || x.Name == "l" || x.Name == "pool" {
				switch sel.Sel.Name {
				case "stamp", "giveBack", "ask", "line", "depart", "departTested", "retrieve", "fillLane", "emptyLane", "settleLane", "passLane", "makeWay",
					"report", "tellUses", "end", "discard", "doubted":
					steps = append(steps, sel.Sel.Name)
				}
			}
		}
		switch on {
		case "lane", "word", "until", "returned", "mu":
			steps = append(steps, on+"."+sel.Sel.Name)
		}
		return true
	})
	return steps
}
