package resource

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// lockUse is what a function does with the lock of a pool, or of a Keyed.
type lockUse struct {
	file, name    string
	takes, gives  bool // by itself: mu.Lock, mu.Unlock
	begins, ends  bool // an event: lock, unlock and the like
	needsLocked   []string
	continuesWith []string // functions that return without the lock
}

// TestLockRules holds the code against the rules for the lock in docs/design.md.
func TestLockRules(t *testing.T) {
	uses := map[string]lockUse{}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(uses, lockUses(t, name, string(text)))
		}
	}
	for _, fault := range lockFaults(uses) {
		t.Error(fault)
	}
}

// TestLockRulesFind shows an offense against each rule.
func TestLockRulesFind(t *testing.T) {
	for body, want := range map[string]string{
		"func (p *core[T]) aLocked() { p.mu.Unlock() }":                            "aLocked is called with the lock held, and takes it or gives it back",
		"func (p *core[T]) bUnlock() { p.mu.Lock(); p.unlock() }":                  "bUnlock is called with the lock held, and takes it",
		"func (p *core[T]) cUnlock() {}":                                           "cUnlock does not give the lock back",
		"func (p *core[T]) d() { p.drainLocked() }":                                "d calls drainLocked without the lock",
		"func (p *core[T]) e() { p.mu.Lock() }":                                    "e takes the lock and does not give it back",
		"func (p *core[T]) f() { p.lock() }":                                       "f takes the lock and does not give it back",
		"func (p *core[T]) g() { p.unlock() }":                                     "g gives back a lock that it has not taken",
		"func (p *core[T]) h() { now := p.lock(); _ = now; defer p.mu.Unlock() }":  "h begins or ends an event by hand; that is for lock.go",
		"func (p *core[T]) i() { p.mu.Lock(); p.followUnlock() }":                  "",
		"func (p *core[T]) j() { p.lock(); defer p.unlockDelegating() }":           "",
		"func (p *core[T]) k() { defer func() { p.lock(); p.unlock() }() }":        "",
		"func (p *core[T]) l() { p.mu.Lock(); defer p.mu.Unlock(); p.armLocked()}": "",
		"func (p *core[T]) m() { p.start(func() { p.armLocked() }) }":              "",
	} {
		if want != "" {
			want = "x.go: " + want
		}
		faults := lockFaults(lockUses(t, "x.go", "package resource\n"+body))
		if got := strings.Join(faults, "; "); got != want {
			t.Errorf("%s\n got %q\nwant %q", body, got, want)
		}
	}
}

// byHand are the functions outside of lock.go that may repeat the body of lock or unlock.
var byHand = []string{"acquire", "giveBack", "New"}

func lockFaults(uses map[string]lockUse) (faults []string) {
	for _, id := range slices.Sorted(maps.Keys(uses)) {
		u := uses[id]
		say := func(text string) { faults = append(faults, u.file+": "+text) }
		locked, unlock := strings.HasSuffix(u.name, "Locked"), strings.HasSuffix(u.name, "Unlock")
		takes, gives := u.takes || u.begins, u.gives || u.ends || len(u.continuesWith) > 0
		keyed := strings.HasPrefix(u.file, "keyed")
		switch {
		case u.file == "lock.go", strings.HasPrefix(u.name, "lock"), strings.HasPrefix(u.name, "unlock"):
		case locked && (takes || gives):
			say(u.name + " is called with the lock held, and takes it or gives it back")
		case unlock && takes:
			say(u.name + " is called with the lock held, and takes it")
		case unlock && !gives:
			say(u.name + " does not give the lock back")
		case locked || unlock:
		case !takes && len(u.needsLocked) > 0:
			say(u.name + " calls " + u.needsLocked[0] + " without the lock")
		case takes && !gives:
			say(u.name + " takes the lock and does not give it back")
		case gives && !takes:
			say(u.name + " gives back a lock that it has not taken")
		case (u.begins && u.gives || u.takes && u.ends) && !keyed && !slices.Contains(byHand, u.name):
			say(u.name + " begins or ends an event by hand; that is for lock.go")
		}
	}
	return faults
}

// lockUses reads the functions of a file.
func lockUses(t *testing.T, name, text string) map[string]lockUse {
	f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	uses := map[string]lockUse{}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		u := lockUse{file: name, name: fn.Name.Name}
		called := map[*ast.FuncLit]bool{}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CallExpr:
				if lit, ok := x.Fun.(*ast.FuncLit); ok {
					called[lit] = true
				}
				u.note(x)
			case *ast.FuncLit: // one that is passed on is called elsewhere
				return called[x]
			}
			return true
		})
		uses[name+" "+receiver(fn)+fn.Name.Name] = u
	}
	return uses
}

func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	name := ""
	ast.Inspect(fn.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name + "."
		}
		return true
	})
	return name
}

// note notes a call of a method.
func (u *lockUse) note(call *ast.CallExpr) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if on, ok := sel.X.(*ast.SelectorExpr); ok && on.Sel.Name == "mu" {
		u.takes = u.takes || sel.Sel.Name == "Lock" || sel.Sel.Name == "TryLock"
		u.gives = u.gives || sel.Sel.Name == "Unlock"
		return
	}
	switch name := sel.Sel.Name; {
	case strings.HasPrefix(name, "lock"):
		u.begins = true
	case strings.HasPrefix(name, "unlock"):
		u.ends = true
	case strings.HasSuffix(name, "Locked"):
		u.needsLocked = append(u.needsLocked, name)
	case strings.HasSuffix(name, "Unlock"):
		u.continuesWith = append(u.continuesWith, name)
	}
}
