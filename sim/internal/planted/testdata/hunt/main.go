// Command hunt searches for violations and prints the first as JSON. The tests
// build it with faults planted in the ledger.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/respool/respool/sim/check"
)

func main() {
	first := flag.Uint64("first", 0, "the first seed to search")
	seeds := flag.Uint64("seeds", 10_000, "how many seeds to search")
	keys := flag.Bool("keys", false, "search scenarios with keys alone")
	flag.Parse()
	if *keys {
		searchKeys(*seeds)
		return
	}
	r, err := check.Search(context.Background(), check.SearchOptions{First: *first, Seeds: *seeds, Workers: 1})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// searchKeys prints the result of a search in scenarios with keys.
func searchKeys(seeds uint64) {
	var r check.SearchResult
	for ; r.Seeds < seeds && r.Violation == nil; r.Seeds++ {
		if err := check.Check(check.SwarmKeys(r.Seeds)); err != nil && !errors.As(err, &r.Violation) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
