package main

import (
	"github.com/alitto/pond/v2"
	"github.com/panjf2000/ants/v2"
)

// rivalModules are the libraries that we are measured against.
var rivalModules = []string{
	"github.com/alitto/pond/v2", "github.com/panjf2000/ants/v2", "github.com/sourcegraph/conc", "golang.org/x/sync",
}

// quiet ends the pool that package ants starts by itself: its ticker would idle beside all candidates.
func quiet() { ants.Release() }

// unbounded is the size of pools whose tasks wait for other tasks of theirs. With as many goroutines as there are workers,
// such a pool deadlocks as soon as all of them wait; without a limit it is a goroutine per task.
const unbounded = 0

// why says so in the tables.
const why = "; unbounded, as a bounded pool deadlocks"

// ants starts an ants pool.
func (b *bench) ants(size int) (*ants.Pool, error) {
	p, err := ants.NewPool(size)
	if err == nil {
		b.onClose(p.Release)
	}
	return p, err
}

// pond starts a pond pool.
func (b *bench) pond(size int) pond.Pool {
	p := pond.NewPool(size)
	b.onClose(p.StopAndWait)
	return p
}

// pondOf starts a pond pool whose tasks have results.
func pondOf[R any](b *bench, size int) pond.ResultPool[R] {
	p := pond.NewResultPool[R](size)
	b.onClose(p.StopAndWait)
	return p
}
