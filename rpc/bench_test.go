package rpc

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/scoopp2p/scoopp2p/internal/task"
)

// BenchmarkCall stresses the path of a steal: one call at a time on a kept-open stream, 100 bytes both ways.
func BenchmarkCall(b *testing.B) {
	pa, pb := newPair(b, Config{}, Config{})
	body := make([]byte, 100)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		if _, err := pa.Call(context.Background(), pb.Self(), kindEcho, body); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

// BenchmarkSend stresses queue, writer and reader: one-way messages of 100 bytes as fast as they are taken.
func BenchmarkSend(b *testing.B) {
	pa, pb := newPair(b, Config{}, Config{})
	var got int
	want := make(chan int, 1)
	all := make(chan struct{})
	expect := -1
	pb.Handle(kindNote, func(task.PeerID, []byte) {
		got++
		select {
		case expect = <-want:
		default:
		}
		if got == expect {
			close(all)
		}
	})
	body := make([]byte, 100)
	b.ReportAllocs()
	send := func() {
		for errors.Is(pa.Send(pb.Self(), kindNote, body), ErrQueueFull) {
			s := pa.lookup(pb.host.ID())
			s.mu.Lock()
			room := s.queue.fullLocked()
			s.mu.Unlock()
			<-room
		}
	}
	for b.Loop() {
		send()
	}
	want <- b.N + 1
	send()
	<-all
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
	st := pa.Stats()
	b.ReportMetric(float64(st.MessagesSent)/float64(st.Writes), "msg/write")
}

// BenchmarkBulk stresses a large value: a 64 MiB body on a stream of its own, confirmed.
func BenchmarkBulk(b *testing.B) {
	pa, pb := newPair(b, Config{}, Config{})
	pb.HandleCall(kindNobody, func(context.Context, task.PeerID, []byte) ([]byte, error) { return nil, nil })
	body := make([]byte, 64<<20)
	_, _ = rand.Read(body)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := pa.Call(context.Background(), pb.Self(), kindNobody, body); err != nil {
			b.Fatal(err)
		}
	}
}
