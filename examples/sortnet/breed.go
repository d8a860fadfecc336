package main

import (
	"math/rand/v2"
	"slices"
)

const (
	crossover  = 0.5  // of a pair
	mutation   = 0.2  // of an individual
	rewire     = 0.05 // of a gene of an individual that mutates
	insertion  = 0.01 // of one gene into an individual
	deletion   = 0.01 // of one gene of an individual
	tournament = 3    // individuals drawn for one place in the next generation
	minGenes   = 9    // of an individual of the first generation
	maxGenes   = 12
)

// individual has genes that may be idle: a pair of one and the same wire is no comparator.
type individual struct {
	genes   [][2]int
	fitness Fitness
	valid   bool // fitness is that of genes
}

// network is what the genes stand for: idle ones left out, the lower wire first.
func (ind *individual) network() Network {
	var n Network
	for _, g := range ind.genes {
		if g[0] != g[1] {
			n = append(n, [2]int{min(g[0], g[1]), max(g[0], g[1])})
		}
	}
	return n
}

type breeder struct {
	r     *rand.Rand
	wires int
}

func newBreeder(seed uint64, wires int) breeder {
	return breeder{rand.New(rand.NewPCG(seed, 0)), wires}
}

func (b breeder) gene() [2]int { return [2]int{b.r.IntN(b.wires), b.r.IntN(b.wires)} }

// first makes a random generation.
func (b breeder) first(n int) []*individual {
	population := make([]*individual, n)
	for i := range population {
		population[i] = new(individual)
		for range minGenes + b.r.IntN(maxGenes-minGenes+1) {
			population[i].genes = append(population[i].genes, b.gene())
		}
	}
	return population
}

// vary copies the population and changes some of the copies.
func (b breeder) vary(population []*individual) []*individual {
	offspring := make([]*individual, len(population))
	for i, ind := range population {
		offspring[i] = &individual{slices.Clone(ind.genes), ind.fitness, true}
	}
	for i := 1; i < len(offspring); i += 2 {
		if b.r.Float64() < crossover {
			b.cross(offspring[i-1], offspring[i])
		}
	}
	for _, ind := range offspring {
		b.mutate(ind)
	}
	return offspring
}

// cross exchanges a stretch of genes.
func (b breeder) cross(x, y *individual) {
	short := min(len(x.genes), len(y.genes))
	from, to := b.r.IntN(short+1), b.r.IntN(short+1)
	for g := min(from, to); g < max(from, to); g++ {
		x.genes[g], y.genes[g] = y.genes[g], x.genes[g]
	}
	x.valid, y.valid = false, false
}

func (b breeder) mutate(ind *individual) {
	if b.r.Float64() < mutation {
		for g := range ind.genes {
			if b.r.Float64() < rewire {
				ind.genes[g] = b.gene()
			}
		}
		ind.valid = false
	}
	if b.r.Float64() < insertion {
		ind.genes = slices.Insert(ind.genes, b.r.IntN(len(ind.genes)+1), b.gene())
		ind.valid = false
	}
	if b.r.Float64() < deletion && len(ind.genes) > 0 {
		at := b.r.IntN(len(ind.genes))
		ind.genes = slices.Delete(ind.genes, at, at+1)
		ind.valid = false
	}
}

// choose fills n places, each by a tournament.
func (b breeder) choose(from []*individual, n int) []*individual {
	chosen := make([]*individual, n)
	for i := range chosen {
		chosen[i] = from[b.r.IntN(len(from))]
		for range tournament - 1 {
			if rival := from[b.r.IntN(len(from))]; rival.fitness.less(chosen[i].fitness) {
				chosen[i] = rival
			}
		}
	}
	return chosen
}
