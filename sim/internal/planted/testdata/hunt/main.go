// Command hunt searches for violations and prints the first as JSON. The tests
// build it with faults planted in the ledger.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"github.com/respool/respool/sim/check"
)

func main() {
	seeds := flag.Uint64("seeds", 10_000, "how many seeds to search")
	flag.Parse()
	r, err := check.Search(context.Background(), check.SearchOptions{Seeds: *seeds, Workers: 1})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
