package main

import "testing"

// TestSizes pins how much work the benchmarks are: the costs per task are divided by it.
func TestSizes(t *testing.T) {
	calls := 0
	var count func(n int)
	count = func(n int) {
		if n >= 2 {
			calls++
			count(n - 1)
			count(n - 2)
		}
	}
	count(15)
	if got := spawns(15); got != calls {
		t.Errorf("fib(15) makes %d futures, not %d", calls, got)
	}
	if got, want := spawns(32), 3_524_577; got != want {
		t.Errorf("spawns(32) = %d, want %d", got, want)
	}
	for n, want := range map[uint32]int{4: 17, 6: 153, 8: 2_057, 12: 856_189} { // the last with the empty board
		if got := queensNodes(Board{N: n}); got != want {
			t.Errorf("%d queens have %d nodes, want %d", n, got, want)
		}
		if got := queensPlain(Board{N: n}); got != solutions[n] {
			t.Errorf("%d queens: %d solutions, want %d", n, got, solutions[n])
		}
	}
}

// TestChunks: no item is lost or counted twice, whatever the chunk size.
func TestChunks(t *testing.T) {
	xs := make([]int, 10)
	for i := range xs {
		xs[i] = 1 << i
	}
	for size := 1; size <= 12; size++ {
		got, err := sumChunks(xs, size, 2, func(x int) int { return x })
		if err != nil || got != 1<<10-1 {
			t.Errorf("chunks of %d: %d, %v", size, got, err)
		}
	}
}
