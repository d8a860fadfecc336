package peer

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// Stats is what one peer has done so far.
type Stats struct {
	_ struct{} `cbor:",toarray"`

	ID      string // libp2p peer ID; empty for a peer without a network
	Name    string // host and process, for people
	PID     int
	Workers int
	// Executed counts the tasks that ran there; Stolen those among them that were taken from other peers; Lent those that
	// other peers took from there; Rerun those that were queued again because their executor was lost.
	Executed, Stolen, Lent, Rerun uint64
}

// censusTimeout bounds the wait for each peer's answer.
const censusTimeout = 2 * time.Second

// Stats returns the counts of this peer. Those of busy workers lag by a few tasks.
func (p *Peer) Stats() Stats {
	host, _ := os.Hostname() // for display only
	c := p.pool.Counters()
	return Stats{
		ID: p.ID(), Name: fmt.Sprintf("%s/%d", host, os.Getpid()), PID: os.Getpid(), Workers: p.cfg.Workers,
		Executed: c.Executed, Stolen: p.custody.stolen.Load(), Lent: p.custody.lent.Load(), Rerun: p.custody.rerun.Load(),
	}
}

// Census asks every living peer of the swarm for its counts. The first entry is this peer's. Peers that do not answer in
// time are left out.
func (p *Peer) Census(ctx context.Context) ([]Stats, error) {
	all := p.members.all()
	answers := make([]*Stats, len(all))
	ctx, cancel := context.WithTimeout(ctx, censusTimeout)
	defer cancel()
	var calls sync.WaitGroup
	for i, m := range all {
		calls.Go(func() {
			body, err := p.rpc.Call(ctx, m.id, kindStats, nil)
			if err != nil {
				return
			}
			if s, err := unmarshal[Stats](body); err == nil {
				answers[i] = &s
			}
		})
	}
	calls.Wait()
	list := []Stats{p.Stats()}
	for _, s := range answers {
		if s != nil {
			list = append(list, *s)
		}
	}
	return list, nil
}

func (p *Peer) onStats(context.Context, task.PeerID, []byte) ([]byte, error) {
	return marshal(p.Stats()), nil
}
