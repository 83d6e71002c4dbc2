package resource

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// laneSteps is the code that the model was made from: the steps of each function,
// in the order of the text. If the code has changed, change the model first.
var laneSteps = map[string]string{
	"Acquire":             "lane.Load takeForTest take",
	"TryAcquire":          "lane.Load takeForTest take",
	"take":                "word.Load until.Load word.CompareAndSwap",
	"takeForTest":         "word.Load until.Load word.CompareAndSwap",
	"testInLane":          "withdrawTested returned.Load lane.Load word.CompareAndSwap withdrawTested unlockAfterTest",
	"withdrawTested":      "word.CompareAndSwap",
	"noteReturn":          "word.Load returned.Load returned.Store",
	"reclaim":             "mu.Lock lane.Load word.CompareAndSwap mu.Unlock giveBack",
	"fillLaneLocked":      "until.Load until.Store returned.Store word.Load lane.Store word.Store",
	"emptyLaneLocked":     "lane.Load lane.Store word.Load word.CompareAndSwap word.Load reportWordLocked returned.Load",
	"reportLaneLocked":    "lane.Load word.Load reportWordLocked",
	"tryLaneLocked":       "lane.Load takeForTest take reportLaneLocked emptyLaneLocked",
	"yieldLaneLocked":     "reportUsesLocked lane.Load reportLaneLocked emptyLaneLocked",
	"acquire":             "mu.TryLock mu.lockSlow lane.Load tryLaneLocked mu.Unlock unlockDelegating mu.Unlock acquireWaitingUnlock acquireNoWaitUnlock",
	"acquireNoWaitUnlock": "followUnlock",
	"followUnlock":        "unlockDelegating unlockDelegating",
	"unlockDelegating":    "mu.Unlock",
	"end":                 "word.CompareAndSwap",
	"Release":             "lane.Load noteReturn word.CompareAndSwap lane.Load reclaim end giveBack",
	"giveBack":            "mu.TryLock mu.lockSlow lane.Load yieldLaneLocked mu.Unlock fillLaneLocked mu.Unlock",
	"Discard":             "end discardLeased",
	"discardLeased":       "discard",
	"discard":             "reportUsesLocked",
	"Detach":              "end reportUsesLocked",
	"lockAt":              "mu.Lock emptyLaneLocked",
}

func TestLaneModelFollowsTheCode(t *testing.T) {
	got := map[string]string{}
	for _, file := range []string{"lane.go", "lease.go", "acquire.go", "lock.go", "ticks.go", "lane_borrowtest.go"} {
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
		if name := sel.Sel.Name; name == "take" || name == "takeForTest" {
			steps = append(steps, name)
		}
		on := ""
		switch x := sel.X.(type) {
		case *ast.SelectorExpr:
			on = x.Sel.Name
			if on == "pool" && sel.Sel.Name == "discardLeased" {
				steps = append(steps, "discardLeased")
			}
		case *ast.Ident:
			if x.Name == "p" || x.Name == "l" || x.Name == "pool" {
				switch sel.Sel.Name {
				case "noteReturn", "giveBack", "acquireNoWaitUnlock", "acquireWaitingUnlock", "followUnlock", "unlockDelegating", "unlockAfterTest", "reclaim", "fillLaneLocked", "emptyLaneLocked", "reportLaneLocked", "tryLaneLocked", "yieldLaneLocked",
					"reportWordLocked", "reportUsesLocked", "end", "discard", "withdrawTested":
					steps = append(steps, sel.Sel.Name)
				}
			}
		}
		switch on {
		case "word":
			switch sel.Sel.Name {
			case "Load", "Store", "CompareAndSwap": // the others only compute
				steps = append(steps, on+"."+sel.Sel.Name)
			}
		case "lane", "until", "returned", "mu":
			steps = append(steps, on+"."+sel.Sel.Name)
		}
		return true
	})
	return steps
}
