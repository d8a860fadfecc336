package task

import "sync/atomic"

// asymmetric says that barrier works here, so that the frequent side may use plain release stores. Where it does not, the
// stores are sequentially consistent, which makes the handshake sound by itself and costs the frequent side a locked
// instruction each.
var asymmetric = initBarrier()

// storeRelease stores v so that whoever reads it sees all that was written before. What is loaded after it may be older:
// that is what barrier is for.
func storeRelease(p *atomic.Uint32, v uint32) {
	if asymmetric {
		release(p, v)
		return
	}
	p.Store(v)
}

// barrier returns after every thread of this process that is running has passed a full memory barrier.
func barrier() {
	if asymmetric {
		heavyBarrier()
	}
}
