package planted_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// plantedVariable is the environment variable that says which fault is on, by its number.
// noFault turns on none.
const plantedVariable = "RESPOOL_PLANTED_FAULT"

// plantedSwitch is a file of each package with faults, in the overlay alone.
const plantedSwitch = `package %s

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

const noFault = -1

// limitOf returns how long tests with a fault may take, since a fault may have them hang.
// Without a fault they have no limit of their own: a busy machine may need minutes.
func limitOf(fault int) string {
	if fault == noFault {
		return "0"
	}
	return "1m"
}

// numbered is a fault with its number.
type numbered struct {
	planted
	number int
}

// everyFault is every fault of this module. All builds have all of them, so that the
// compiler makes each package once.
func everyFault() []planted {
	all := slices.Concat(allPlanted(), plantedInTotal(), plantedInKeysAlone(), plantedInKeysCalls(), plantedInFleet(), plantedInSimulation())
	for _, f := range slices.Concat(shellFaults()...) {
		all = append(all, f.planted)
	}
	return all
}

// number gives faults the numbers that they have in a list.
func number(t *testing.T, faults, list []planted) (all []numbered) {
	t.Helper()
	for _, f := range faults {
		n := slices.Index(list, f)
		if n < 0 {
			t.Fatalf("no list of everyFault has %q", f.name)
		}
		all = append(all, numbered{f, n})
	}
	return all
}

// buildPlanted builds the search with every fault.
func buildPlanted(t *testing.T) (program string) {
	t.Helper()
	dir := t.TempDir()
	program = filepath.Join(dir, "hunt")
	runGo(t, ".", "build", "-ldflags", withoutSymbols, "-overlay", overlay(t, dir, everyFault()), "-o", program, "./testdata/hunt")
	return program
}

// buildPlantedTests builds the tests of a package with faults. The folder is that of
// the package, from the root of the repository on.
func buildPlantedTests(t *testing.T, folder string, faults []planted) (program string) {
	t.Helper()
	dir := t.TempDir()
	program = filepath.Join(dir, filepath.Base(folder)+".test")
	runGo(t, inRoot(t, folder), "test", "-c", "-vet=off", "-ldflags", withoutSymbols, "-overlay", overlay(t, dir, faults), "-o", program, ".")
	return program
}

// withoutSymbols has the linker leave out what only debuggers read.
const withoutSymbols = "-s -w"

// runGo runs the go command in a folder.
func runGo(t *testing.T, folder string, args ...string) {
	t.Helper()
	c := exec.Command("go", args...)
	c.Dir = folder
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("with the faults: %v\n%s", err, out)
	}
}

// inRoot returns where a file or a folder of the repository is.
func inRoot(t *testing.T, name string) string {
	t.Helper()
	absolute, err := filepath.Abs(filepath.Join("..", "..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// folder is that of the package that the fault is in.
func (f *planted) folder() string {
	if strings.Contains(f.file, "/") {
		return path.Dir(f.file)
	}
	return ledgerFolder
}

const ledgerFolder = "resource/ledger"

// overlay writes the files with all faults, and a file that has the compiler take them in
// the place of the real ones. It returns the name of that file. If the code has changed so
// that some faults do not fit, the test fails with all of them in one message.
func overlay(t *testing.T, dir string, faults []planted) string {
	t.Helper()
	replace := map[string]string{}
	write := func(name string, text []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	put := func(name string, text []byte) {
		replace[inRoot(t, name)] = write(strings.ReplaceAll(name, "/", "-"), text)
	}
	numbers := map[string][]int{}
	for i, f := range faults {
		name := path.Join(f.folder(), path.Base(f.file))
		numbers[name] = append(numbers[name], i)
		put(path.Join(f.folder(), "planted_switch.go"), fmt.Appendf(nil, plantedSwitch, path.Base(f.folder())))
	}
	var stale []error
	for _, name := range slices.Sorted(maps.Keys(numbers)) {
		text, err := os.ReadFile(inRoot(t, name))
		if err != nil {
			t.Fatal(err)
		}
		with, err := withFaults(name, text, faults, numbers[name])
		stale = append(stale, err)
		put(name, with)
	}
	if err := errors.Join(stale...); err != nil {
		t.Fatalf("these faults do not fit the code any more:\n%v", err)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	return write("overlay.json", text)
}

// withFaults returns a file with faults. Each function that has some begins with its
// other bodies, one for each fault. A body runs if its fault is on. The error names each
// fault that does not fit.
func withFaults(name string, text []byte, faults []planted, numbers []int) ([]byte, error) {
	good, err := functionsOf(name, text)
	if err != nil {
		return nil, err
	}
	bodies := make([]bytes.Buffer, len(good))
	var stale []error
	for _, n := range numbers {
		i, body, err := faults[n].body(text, good)
		if err != nil {
			stale = append(stale, fmt.Errorf("%s: %w", faults[n].name, err))
			continue
		}
		// The line directive has the compiler name the fault.
		fmt.Fprintf(&bodies[i], "if plantedFault == %d {\n//line %s:1\n%s\n", n, strings.ReplaceAll(faults[n].name, " ", "-"), body)
		if good[i].void {
			bodies[i].WriteString("return\n")
		}
		bodies[i].WriteString("}\n")
	}
	if len(stale) > 0 {
		return nil, errors.Join(stale...)
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
