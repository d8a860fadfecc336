// Command constants scores the words of four players with a table of letter values that is known only at run time:
// the origin sets it once, every peer that asks gets it, and it does not travel with each task.
//
// After SCOOP's examples/shared_example_doc.py, with the words that its seed makes in Python.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

var language = flag.String("language", "english", "letter values: english or french")

// Letters is set by the origin at run time; Score asks for it wherever it runs.
var (
	Letters = futures.DeclareConst[map[string]int]("constants.letters")
	Score   = futures.Declare[[]string, int]("constants.score")
)

// byValue holds the letters worth 1, 2, ... points in each language.
var byValue = map[string]map[int]string{
	"english": {1: "aeilnorstu", 2: "dg", 3: "bcmp", 4: "fhvwy", 5: "k", 8: "jx", 10: "qz"},
	"french":  {1: "aeilnorstu", 2: "dgm", 3: "bcp", 4: "fhv", 8: "jq", 10: "kwxyz"},
}

var players = [][]string{
	{"z", "uotnw", "yi", "u", "liyzk", "me", "y", "cprq", "pkk", "ywoq"},
	{"clqx", "cgtim", "kjcb", "cmel", "aw", "vcpfa", "xjho", "hmeg", "dkl", "pe"},
	{"mx", "sai", "vhqe", "c", "rm", "isdm", "y", "pyw", "i", "bcsf"},
	{"xizwew", "yzwdxp", "hfwpn", "v", "y", "wys", "iiz", "kzatus", "nt", "hmjiv"},
}

func score(ctx context.Context, words []string) (int, error) {
	value, err := Letters.Get(ctx) // here already, or fetched once for this process
	if err != nil {
		return 0, err
	}
	return add(value, words), nil
}

func add(value map[string]int, words []string) (sum int) {
	for _, word := range words {
		for _, letter := range word {
			sum += value[string(letter)]
		}
	}
	return sum
}

func run(ctx context.Context) error {
	letters, ok := byValue[*language]
	if !ok {
		return fmt.Errorf("no letter values for %q: use english or french", *language)
	}
	value := map[string]int{}
	for points, word := range letters {
		for _, letter := range word {
			value[string(letter)] = points
		}
	}
	if err := Letters.Set(ctx, value); err != nil {
		return err
	}
	player := 0
	for got, err := range futures.Map(ctx, Score, slices.Values(players)) {
		if err != nil {
			return err
		}
		fmt.Printf("Player %d: %d\n", player, got)
		if want := add(value, players[player]); got != want {
			return fmt.Errorf("player %d scored %d, want %d", player, got, want)
		}
		player++
	}
	return nil
}

func main() {
	flag.Parse()
	Score.Handle(score)
	futures.Main(run)
}
