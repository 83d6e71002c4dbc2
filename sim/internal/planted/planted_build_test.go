package planted_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plantedVariable is the environment variable that says which fault is on. Faults
// are numbered from 0.
const plantedVariable = "RESPOOL_PLANTED_FAULT"

// plantedSwitch is a file of the ledger, in the overlay alone.
const plantedSwitch = `package ledger

import (
	"os"
	"strconv"
)

var plantedFault = func() int {
	n, err := strconv.Atoi(os.Getenv("` + plantedVariable + `"))
	if err != nil {
		panic(err)
	}
	return n
}()
`

// simFolder begins the name of a file of package sim.
const simFolder = "sim/"

// buildPlanted builds the search with all faults in the ledger.
func buildPlanted(t *testing.T, faults []planted) (program string) {
	t.Helper()
	dir := t.TempDir()
	program = filepath.Join(dir, "hunt")
	runGo(t, "build", "-ldflags", "-s -w", "-overlay", overlay(t, dir, faults), "-o", program, "./testdata/hunt")
	return program
}

// buildPlantedTests builds a package's own tests with all faults.
func buildPlantedTests(t *testing.T, pkg string, faults []planted) (program string) {
	t.Helper()
	dir := t.TempDir()
	program = filepath.Join(dir, "planted.test")
	runGo(t, "test", "-c", "-vet=off", "-overlay", overlay(t, dir, faults), "-o", program, "github.com/respool/respool/"+pkg)
	return program
}

func runGo(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		t.Fatalf("with the faults: %v\n%s", err, out)
	}
}

// overlay writes the ledger's files with all faults, and a file that has the compiler
// take them in the place of the real ones. It returns the name of that file.
func overlay(t *testing.T, dir string, faults []planted) string {
	t.Helper()
	ledger, err := filepath.Abs(filepath.Join("..", "..", "..", "resource", "ledger"))
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	write := func(name string, text []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	// A file of the simulation has its folder in its name.
	dirOf := func(name string) string {
		if file, is := strings.CutPrefix(name, simFolder); is {
			return filepath.Join(ledger, "..", "..", "sim", file)
		}
		return filepath.Join(ledger, name)
	}
	put := func(name string, text []byte) {
		replace[dirOf(name)] = write(strings.ReplaceAll(name, "/", "-"), text)
	}
	put("planted_switch.go", []byte(plantedSwitch))
	put(simFolder+"planted_switch.go", []byte(strings.Replace(plantedSwitch, "package ledger", "package sim", 1)))
	numbers := map[string][]int{}
	for i, f := range faults {
		numbers[f.file] = append(numbers[f.file], i)
	}
	for name, ns := range numbers {
		text, err := os.ReadFile(dirOf(name))
		if err != nil {
			t.Fatal(err)
		}
		with, err := withFaults(name, text, faults, ns)
		if err != nil {
			t.Fatal(err)
		}
		put(name, with)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	return write("overlay.json", text)
}

// withFaults returns a file in which each function that faults are planted in
// begins with its other bodies: one for each fault, which runs if the fault is on.
func withFaults(name string, text []byte, faults []planted, numbers []int) ([]byte, error) {
	good, err := functionsOf(name, text)
	if err != nil {
		return nil, err
	}
	bodies := make([]bytes.Buffer, len(good))
	for _, n := range numbers {
		i, body, err := faults[n].body(text, good)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", faults[n].name, err)
		}
		// The line directive has the compiler name the fault.
		fmt.Fprintf(&bodies[i], "if plantedFault == %d {\n//line %s:1\n%s\n", n, strings.ReplaceAll(faults[n].name, " ", "-"), body)
		if good[i].void {
			bodies[i].WriteString("return\n")
		}
		bodies[i].WriteString("}\n")
	}
	var out bytes.Buffer
	end := 0
	for i, f := range good {
		if bodies[i].Len() == 0 {
			continue
		}
		out.Write(text[end:f.begin])
		fmt.Fprintf(&out, "{\n%s//line %s:%d\n", &bodies[i], name, f.line)
		end = f.begin + 1 // past the brace
	}
	out.Write(text[end:])
	return out.Bytes(), nil
}

// body returns the function's body with the fault, and which function it is.
func (f *planted) body(text []byte, good []function) (i int, body []byte, err error) {
	at, n := bytes.Index(text, []byte(f.old)), bytes.Count(text, []byte(f.old))
	if n != 1 {
		return 0, nil, fmt.Errorf("%s has this %d times, must have it once:\n%s", f.file, n, f.old)
	}
	i = slices.IndexFunc(good, func(g function) bool { return g.begin <= at && at+len(f.old) <= g.end })
	if i < 0 {
		return 0, nil, fmt.Errorf("%s has this outside a function's body:\n%s", f.file, f.old)
	}
	bad := slices.Concat(text[:at], []byte(f.new), text[at+len(f.old):])
	all, err := functionsOf(f.file, bad)
	if err != nil {
		return 0, nil, err
	}
	if len(all) != len(good) {
		return 0, nil, fmt.Errorf("%s has another function with the fault", f.file)
	}
	return i, bad[all[i].begin:all[i].end], nil
}

// function is where a function's body is, from its brace to past the other one.
type function struct {
	begin, end int
	line       int
	void       bool // it returns nothing
}

func functionsOf(name string, text []byte) (all []function, err error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		begin := set.Position(f.Body.Pos())
		all = append(all, function{begin.Offset, set.Position(f.Body.End()).Offset, begin.Line, f.Type.Results == nil})
	}
	return all, nil
}
