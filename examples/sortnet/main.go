// Command sortnet evolves a sorting network: it breeds lists of comparators for sorting all inputs, then for being
// short, then for being shallow. Breeding stays on the origin, evaluation is a Map, and every run prints the same.
//
// After SCOOP's examples/deap_ga_evosn.py.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

const maxWires = 8 // the final check sorts all permutations, 40,320 of 8

var (
	wires       = flag.Int("wires", 6, "wires of the network (2 to 8)")
	individuals = flag.Int("individuals", 300, "size of the population")
	generations = flag.Int("generations", 40, "number of generations")
	seed        = flag.Uint64("seed", 2, "seed of the run")
)

// Evaluate assesses a network.
var Evaluate = futures.Declare[Network, Fitness]("sortnet.evaluate")

// evaluate finds the fitness of those that need it and says how many these were.
func evaluate(ctx context.Context, population []*individual) (int, error) {
	var changed []*individual
	for _, ind := range population {
		if !ind.valid {
			changed = append(changed, ind)
		}
	}
	networks := func(yield func(Network) bool) {
		for _, ind := range changed {
			if !yield(ind.network()) {
				return
			}
		}
	}
	i := 0
	for fitness, err := range futures.Map(ctx, Evaluate, networks) {
		if err != nil {
			return 0, err
		}
		changed[i].fitness, changed[i].valid = fitness, true
		i++
	}
	return len(changed), nil
}

func run(ctx context.Context) error {
	if *wires < 2 || *wires > maxWires || *individuals < 1 {
		return fmt.Errorf("-wires %d is not within 2 to %d, or -individuals %d is less than 1",
			*wires, maxWires, *individuals)
	}
	breeder := newBreeder(*seed, *wires)
	population := breeder.first(*individuals)
	var best *individual
	fmt.Println("gen evals  misses length depth")
	for g := range *generations {
		offspring := population
		if g > 0 {
			offspring = breeder.vary(population)
		}
		evaluations, err := evaluate(ctx, offspring)
		if err != nil {
			return err
		}
		for _, ind := range offspring {
			if best == nil || ind.fitness.less(best.fitness) {
				best = ind
			}
		}
		fmt.Printf("%3d %5d %7d %6d %5d\n", g, evaluations, best.fitness.Misses, best.fitness.Length, best.fitness.Depth)
		if g > 0 {
			population = breeder.choose(slices.Concat(population, offspring), len(population))
		}
	}
	if best == nil {
		return fmt.Errorf("-generations %d leaves nothing to show", *generations)
	}
	network := best.network()
	fmt.Print(network.draw(*wires))
	fmt.Printf("%d misses, length %d, depth %d\n", best.fitness.Misses, best.fitness.Length, best.fitness.Depth)
	if sorts := network.sortsAll(*wires); sorts != (best.fitness.Misses == 0) {
		return fmt.Errorf("%d misses were counted, but that it sorts all permutations is %t", best.fitness.Misses, sorts)
	}
	return nil
}

func main() {
	flag.Parse()
	Evaluate.Handle(func(_ context.Context, n Network) (Fitness, error) { return n.assess(*wires), nil })
	futures.Main(run)
}
