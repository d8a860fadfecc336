//go:build linux && !race

package task

import "sync/atomic"

// release stores v with release order, by STLR. It is written in assembly, because sync/atomic has no such store.
//
//go:noescape
func release(p *atomic.Uint32, v uint32)
