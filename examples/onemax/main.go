// Command onemax is a genetic algorithm: it breeds bit strings for the number of their ones. Breeding stays on the
// origin with one seeded generator; the evaluation of each generation, the costly part of any real one, is a Map. So
// every run prints the same table.
//
// After SCOOP's examples/deap_ga_onemax.py, with the operators and rates of DEAP's eaSimple.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/scoopp2p/scoopp2p/futures"
)

const (
	genes      = 100
	crossover  = 0.5  // of a pair
	mutation   = 0.2  // of an individual
	flip       = 0.05 // of a gene of an individual that mutates
	tournament = 3    // individuals drawn for one place in the next generation
)

var (
	individuals = flag.Int("individuals", 300, "size of the population")
	generations = flag.Int("generations", 40, "number of generations")
	seed        = flag.Uint64("seed", 64, "seed of the run")
)

// Evaluate counts the ones of a genome.
var Evaluate = futures.Declare[[]byte, int]("onemax.evaluate")

func ones(genome []byte) (sum int) {
	for _, g := range genome {
		sum += int(g)
	}
	return sum
}

type individual struct {
	genome  []byte
	fitness int
	valid   bool // fitness is that of genome
}

// evaluate finds the fitness of those that need it and says how many these were.
func evaluate(ctx context.Context, population []*individual) (int, error) {
	var changed []*individual
	for _, ind := range population {
		if !ind.valid {
			changed = append(changed, ind)
		}
	}
	genomes := func(yield func([]byte) bool) {
		for _, ind := range changed {
			if !yield(ind.genome) {
				return
			}
		}
	}
	i := 0
	for fitness, err := range futures.Map(ctx, Evaluate, genomes) {
		if err != nil {
			return 0, err
		}
		changed[i].fitness, changed[i].valid = fitness, true
		i++
	}
	return len(changed), nil
}

// breed makes the next generation: selection by tournament, two-point crossover of neighbours, mutation.
func breed(r *rand.Rand, population []*individual) []*individual {
	next := make([]*individual, len(population))
	for i := range next {
		best := population[r.IntN(len(population))]
		for range tournament - 1 {
			if rival := population[r.IntN(len(population))]; rival.fitness > best.fitness {
				best = rival
			}
		}
		next[i] = &individual{slices.Clone(best.genome), best.fitness, true}
	}
	for i := 1; i < len(next); i += 2 {
		if r.Float64() < crossover {
			a, b := next[i-1], next[i]
			from, to := r.IntN(genes), r.IntN(genes+1)
			for g := min(from, to); g < max(from, to); g++ {
				a.genome[g], b.genome[g] = b.genome[g], a.genome[g]
			}
			a.valid, b.valid = false, false
		}
	}
	for _, ind := range next {
		if r.Float64() < mutation {
			for g := range ind.genome {
				if r.Float64() < flip {
					ind.genome[g] ^= 1
				}
			}
			ind.valid = false
		}
	}
	return next
}

// report prints one line of the table.
func report(generation, evaluations int, population []*individual) {
	var sum, squares float64
	lo, hi := math.MaxInt, 0
	for _, ind := range population {
		f := float64(ind.fitness)
		sum, squares = sum+f, squares+float64(f*f)
		lo, hi = min(lo, ind.fitness), max(hi, ind.fitness)
	}
	n := float64(len(population))
	avg := sum / n
	std := math.Sqrt(max(0, squares/n-float64(avg*avg)))
	fmt.Printf("%3d %5d %8.4f %7.4f %4d %4d\n", generation, evaluations, avg, std, lo, hi)
}

func run(ctx context.Context) error {
	if *individuals < 1 {
		return fmt.Errorf("-individuals %d is less than 1", *individuals)
	}
	r := rand.New(rand.NewPCG(*seed, 0))
	population := make([]*individual, *individuals)
	for i := range population {
		population[i] = &individual{genome: make([]byte, genes)}
		for g := range population[i].genome {
			population[i].genome[g] = byte(r.IntN(2))
		}
	}
	fmt.Println("gen evals      avg     std  min  max")
	for g := 0; ; g++ {
		evaluations, err := evaluate(ctx, population)
		if err != nil {
			return err
		}
		report(g, evaluations, population)
		for _, ind := range population {
			if want := ones(ind.genome); ind.fitness != want {
				return fmt.Errorf("a task counted %d ones, want %d", ind.fitness, want)
			}
		}
		if g == *generations {
			return nil
		}
		population = breed(r, population)
	}
}

func main() {
	flag.Parse()
	Evaluate.Handle(func(_ context.Context, genome []byte) (int, error) { return ones(genome), nil })
	futures.Main(run)
}
