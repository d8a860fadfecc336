package peer

import (
	"context"
	"fmt"

	"github.com/scoopp2p/scoopp2p/rpc"
	"github.com/scoopp2p/scoopp2p/steal"
)

// Holding is how many tasks a peer has in its custody, and how many records of them.
type Holding struct {
	Away, Home   int // tasks of ours that others have, and those that are back and not done
	Held, Passed int // tasks of others that we have, and those whose owners do not know yet that we gave them on
}

// Holding returns what is in custody, after a check of the ledger's invariants.
func (p *Peer) Holding() (Holding, error) {
	c := &p.custody
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ledger == nil {
		return Holding{}, nil
	}
	var h Holding
	h.Away, h.Home = c.ledger.Len()
	h.Held, h.Passed = c.holdings.Len()
	return h, c.ledger.Check()
}

// LedgerStats returns the ledger's counters.
func (p *Peer) LedgerStats() steal.LedgerStats {
	p.custody.mu.Lock()
	defer p.custody.mu.Unlock()
	return p.custody.ledger.Stats()
}

// StealStats returns the machine's counters.
func (p *Peer) StealStats() steal.Stats {
	p.custody.mu.Lock()
	defer p.custody.mu.Unlock()
	return p.custody.machine.Stats()
}

// Members returns how many other peers this one knows.
func (p *Peer) Members() int { return len(p.members.all()) }

// Kept returns how many jobs of other peers, and how many constants, this one keeps something of.
func (p *Peer) Kept() (jobs, constants int) {
	p.jobs.mu.Lock()
	jobs = len(p.jobs.byOrigin)
	p.jobs.mu.Unlock()
	p.constants.mu.Lock()
	defer p.constants.mu.Unlock()
	return jobs, len(p.constants.known)
}

// Idle returns how many workers sleep.
func (p *Peer) Idle() int { return p.pool.Idle() }

// Stealable returns how many tasks a thief could take.
func (p *Peer) Stealable() int { return p.pool.Stealable() }

// Kill takes the network away from under the peer, as the death of its process would: nobody hears a goodbye.
func (p *Peer) Kill() error {
	if err := p.host.Network().Close(); err != nil {
		return fmt.Errorf("kill: %w", err)
	}
	return nil
}

// HasHost reports whether there is a libp2p host.
func (p *Peer) HasHost() bool { return p.host != nil }

// SendGarbage sends a custody message that does not decode; kind counts them from 0.
func (p *Peer) SendGarbage(to *Peer, kind int) error {
	return p.rpc.Send(to.self, kindRequest+rpc.Kind(kind), []byte("\xffgarbage"))
}

// CustodyKinds is the number of kinds for SendGarbage.
const CustodyKinds = int(kindCancel-kindRequest) + 1

// Context returns the context that ends with Close.
func (p *Peer) Context() context.Context { return p.ctx }

// Check validates the configuration.
func (c Config) Check() error { return c.validate() }
