package deque

import "testing"

// The operations of FuzzDeque, one byte each. A thief's steal comes whole or in its three steps, with anything between
// them, so the fuzzer explores interleavings and not only sequences.
const (
	opPush = iota
	opPushMany
	opPop
	opPopMany
	opSteal
	opAim
	opClaim
	opClear
	opReplace
	opCount
)

// maxAttempts bounds the thieves that are under way at once.
const maxAttempts = 8

// player plays the same operations on a Deque and on the oracle.
type player struct {
	t       *testing.T
	d       *Deque[item]
	want    oracle[item]
	pushed  int
	aimed   []attempt[item] // not yet claimed
	claimed []attempt[item] // not yet cleared
}

// FuzzDeque: the first byte is the capacity hint, each other one an operation.
func FuzzDeque(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{1, opPush, opPush, opPop, opSteal, opPop})
	f.Add([]byte{4, opPush, opAim, opClaim, opPushMany, opClear, opPopMany})
	f.Add([]byte{2, opPush, opPush, opAim, opReplace, opClaim, opClear, opPop, opPop})
	f.Add([]byte{3, opPush, opAim, opPop, opPush, opClaim, opSteal, opPop})
	f.Add([]byte{1, opPushMany, opSteal, opAim, opAim, opClaim, opClaim, opReplace, opPushMany, opPopMany, opClear})
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) == 0 {
			return
		}
		p := &player{t: t, d: New[item](int(script[0] % 16))}
		p.d.keep = len(p.d.slots)
		for _, op := range script[1:] {
			p.play(op % opCount)
		}
		for len(p.claimed) > 0 {
			p.play(opClear)
		}
		wantClean(t, p.d)
		for p.want.Len() > 0 {
			p.play(opPop)
		}
		p.play(opPop)
		p.play(opSteal)
		wantClean(t, p.d)
	})
}

func (p *player) play(op byte) {
	switch op {
	case opPush:
		p.push()
	case opPushMany:
		for range 7 {
			p.push()
		}
	case opPop:
		p.pop()
	case opPopMany:
		for range 7 {
			p.pop()
		}
	case opSteal:
		p.steal()
	case opAim:
		p.aim()
	case opClaim:
		p.claim()
	case opClear:
		if len(p.claimed) > 0 {
			p.claimed[0].clear()
			p.claimed = p.claimed[1:]
		}
	case opReplace:
		p.d.replaceRing(ceilPowerOfTwo(p.want.Len() + 1))
	}
	if got, want := p.d.Len(), p.want.Len(); got != want {
		p.t.Fatalf("after operation %d Len = %d, want %d", op, got, want)
	}
}

func (p *player) push() {
	x := &item{n: p.pushed}
	p.pushed++
	p.d.Push(x)
	p.want.Push(x)
}

func (p *player) pop() {
	if got, want := p.d.Pop(), p.want.Pop(); got != want {
		p.t.Fatalf("Pop = %v, want %v", got, want)
	}
}

func (p *player) steal() {
	got, outcome := p.d.Stealer().Steal()
	want, wantOutcome := p.want.steal()
	if got != want || outcome != wantOutcome {
		p.t.Fatalf("Steal = %v, %v, want %v, %v", got, outcome, want, wantOutcome)
	}
}

func (p *player) aim() {
	if len(p.aimed) == maxAttempts {
		return
	}
	a, outcome := p.d.aim()
	if a.x != p.want.oldest() || (outcome == Stolen) != (a.x != nil) {
		p.t.Fatalf("aim = %v, %v, want %v", a.x, outcome, p.want.oldest())
	}
	if outcome == Stolen {
		p.aimed = append(p.aimed, a)
	}
}

// claim: no element comes twice, so a thief should win exactly while its element is the oldest, unless the ring has been
// replaced in between.
func (p *player) claim() {
	if len(p.aimed) == 0 {
		return
	}
	a := p.aimed[0]
	p.aimed = p.aimed[1:]
	due := a.x == p.want.oldest() && a.ring.epoch == p.d.ring.Load().epoch
	if len(p.claimed) == maxAttempts || !due {
		if !due && p.d.claim(a) {
			p.t.Fatalf("claimed item %d, which is not there to take", a.x.n)
		}
		return
	}
	if !p.d.claim(a) {
		p.t.Fatalf("lost item %d to nobody", a.x.n)
	}
	p.want.steal()
	p.claimed = append(p.claimed, a)
}
