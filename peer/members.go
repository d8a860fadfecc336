package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"

	p2p "github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/scoopp2p/scoopp2p/internal/task"
	"github.com/scoopp2p/scoopp2p/rpc"
)

// maxContacts bounds the members that a hello names.
const maxContacts = 256

// rangeSuffix marks the second name under which package futures declares each function. What is said of the first is true
// of both.
const rangeSuffix = "[...]"

// maxGone bounds the former members that are remembered.
const maxGone = 1 << 12

// member is another peer of the swarm.
type member struct {
	id    task.PeerID
	addrs []ma.Multiaddr
	hello hello
}

// runs reports whether the member can run the function.
func (m *member) runs(f *task.Function) bool { return m.hello.Functions[f.Name] == f.Signature }

// members are the peers that we share a secret and a connection with.
type members struct {
	mu      sync.RWMutex
	byID    map[task.PeerID]*member
	dialing map[task.PeerID]bool
	gone    map[task.PeerID]bool // they were members; a peer that starts again has another ID
}

func (m *members) get(id task.PeerID) *member {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.byID[id]
}

// isGone reports whether the peer was a member and is no more. One that is neither has yet to be met: peers that start
// together hear of each other's tasks before they hear of each other.
func (m *members) isGone(id task.PeerID) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.gone[id]
}

// all returns the members, sorted by ID.
func (m *members) all() []*member {
	m.mu.RLock()
	defer m.mu.RUnlock()
	list := make([]*member, 0, len(m.byID))
	for _, other := range m.byID {
		list = append(list, other)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	return list
}

// anyRuns reports whether some member can run the function.
func (m *members) anyRuns(f *task.Function) bool {
	for _, other := range m.all() {
		if other.runs(f) {
			return true
		}
	}
	return false
}

// hello is called by rpc for each new connection.
func (p *Peer) hello() []byte {
	host, _ := os.Hostname() // for display only
	h := hello{
		Incarnation: p.incarnation, Workers: p.cfg.Workers, PID: os.Getpid(), Host: host,
		Functions: task.Functions.Manifest(),
	}
	for _, m := range p.members.all() {
		if len(h.Members) == maxContacts {
			break
		}
		c := contact{ID: m.id}
		for _, a := range m.addrs {
			c.Addrs = append(c.Addrs, a.Bytes())
		}
		if len(c.Addrs) > 0 {
			h.Members = append(h.Members, c)
		}
	}
	return marshal(h)
}

// joined is called by rpc when another peer has proved the secret; an error refuses it.
func (p *Peer) joined(id task.PeerID, addrs []ma.Multiaddr, body []byte) error {
	h, err := unmarshal[hello](body)
	if err != nil {
		return err
	}
	m := &member{id: id, addrs: addrs, hello: h}
	for name, signature := range h.Functions {
		f := task.Functions.Lookup(name)
		if f != nil && f.Signature != signature && !strings.HasSuffix(name, rangeSuffix) {
			p.log.Warn(fmt.Sprintf("peer %s runs a different build: function %q is %s there and %s here; it will not be given these tasks; run the same program everywhere",
				idText(id), name, signature, f.Signature))
		}
	}
	p.members.mu.Lock()
	p.members.byID[id] = m
	delete(p.members.gone, id)
	p.members.mu.Unlock()
	p.rescale()
	p.custody.joined(m)
	if p.cfg.OnJoined != nil {
		p.cfg.OnJoined(idText(id))
	}
	p.meet(h.Members)
	return nil
}

// left is called by rpc when the session with a member has ended; err is nil if it said goodbye.
func (p *Peer) left(id task.PeerID, err error) {
	var incarnation uint64
	p.members.mu.Lock()
	if m := p.members.byID[id]; m != nil {
		incarnation = m.hello.Incarnation
	}
	delete(p.members.byID, id)
	if len(p.members.gone) >= maxGone {
		clear(p.members.gone) // at worst some wait for peers that will not come
	}
	p.members.gone[id] = true
	p.members.mu.Unlock()
	p.rescale()
	rerun := p.custody.left(id, incarnation)
	p.forgetJob(id)
	if p.ctx.Err() != nil {
		return // we are leaving, not they
	}
	if err == nil && rerun == 0 {
		p.log.Debug("peer left", "peer", idText(id))
		return
	}
	p.log.Info("peer lost", "peer", idText(id), "rerun", rerun, "error", err)
	if p.cfg.OnLost != nil {
		p.cfg.OnLost(idText(id), rerun)
	}
}

// Gone tells the peer that the process of another one is known to have ended: there is no need to wait for the network to
// say so. It reports false when that peer is not a member.
func (p *Peer) Gone(id string) bool {
	other, err := p2p.Decode(id)
	if err != nil || p.members.get(task.PeerID(other)) == nil {
		return false
	}
	p.rpc.Cut(task.PeerID(other), errProcessEnded)
	return true
}

var errProcessEnded = errors.New("its process has ended")

// requeue puts a task that came back to where it can be run.
func (p *Peer) requeue(t *task.Task) {
	if !t.Fn.Handled() && p.pool.Export(t) {
		return
	}
	p.pool.Inject(t, false)
}

// handleMessages tells rpc whom to call.
func (p *Peer) handleMessages() {
	c := &p.custody
	p.rpc.Handle(kindRequest, c.request)
	p.rpc.Handle(kindReply, c.reply)
	p.rpc.Handle(kindResult, c.result)
	p.rpc.Handle(kindMoved, c.moved)
	p.rpc.Handle(kindConfirm, c.confirm)
	p.rpc.Handle(kindCancel, c.cancelled)
	p.rpc.Handle(kindConstSet, p.onConstSet)
	p.rpc.HandleCall(kindSetConst, p.onSetConst)
	p.rpc.HandleCall(kindGetConst, p.onGetConst)
	p.rpc.HandleCall(kindStats, p.onStats)
}

// garbage cuts off a peer that sends what does not decode.
func (p *Peer) garbage(from task.PeerID, err error) {
	p.rpc.Cut(from, fmt.Errorf("%w: %w", rpc.ErrProtocol, err))
}

// rescale tells the pool how many workers the swarm has.
func (p *Peer) rescale() {
	scale := p.cfg.Workers
	for _, m := range p.members.all() {
		scale += m.hello.Workers
	}
	p.pool.SetScale(scale)
}

// meet dials the peers that a member has told of, each in the background.
func (p *Peer) meet(contacts []contact) {
	for _, c := range contacts {
		info, err := c.info()
		if err != nil || c.ID == p.self {
			continue
		}
		p.members.mu.Lock()
		known := p.members.byID[c.ID] != nil || p.members.dialing[c.ID] || p.ctx.Err() != nil
		if !known {
			p.members.dialing[c.ID] = true
			p.background.Add(1)
		}
		p.members.mu.Unlock()
		if known {
			continue
		}
		go func() {
			defer p.background.Done()
			ctx, cancel := context.WithTimeout(p.ctx, joinTimeout)
			defer cancel()
			if err := p.rpc.Dial(ctx, info); err != nil && p.ctx.Err() == nil {
				p.log.Debug("a member told of a peer that does not answer", "peer", idText(c.ID), "error", err)
			}
			p.members.mu.Lock()
			delete(p.members.dialing, c.ID)
			p.members.mu.Unlock()
		}()
	}
}

func (c contact) info() (p2p.AddrInfo, error) {
	id, err := p2p.IDFromBytes([]byte(c.ID))
	if err != nil {
		return p2p.AddrInfo{}, err
	}
	info := p2p.AddrInfo{ID: id}
	for _, b := range c.Addrs {
		a, err := ma.NewMultiaddrBytes(b)
		if err != nil {
			return p2p.AddrInfo{}, err
		}
		info.Addrs = append(info.Addrs, a)
	}
	return info, nil
}

// idText is the usual text form of a peer ID.
func idText(id task.PeerID) string { return p2p.ID(id).String() }
