// Command probe is the program that the launcher's tests start: it speaks internal/launch and nothing else.
//
//	probe [steps…]      what the origin does, in order; see step
//
// A worker prints "worker RANK PID" and serves until it is told to leave or its lifeline breaks; what it does on the way
// is in the environment: PROBE_WORKER=deaf makes it ignore both.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

func main() {
	child, ok, err := launch.FromEnv()
	if err != nil {
		fmt.Fprintln(os.Stderr, "probe:", err)
		os.Exit(125)
	}
	if !ok {
		fmt.Println("alone")
		return
	}
	signal.Ignore(os.Interrupt)
	spec := child.Spec()
	if spec.Origin {
		origin(child)
	}
	serve(child)
}

func id(rank int) string { return fmt.Sprintf("12D3KooWprobe%06d", rank) }

func ready(child *launch.Child) {
	spec := child.Spec()
	r := launch.Ready{PeerID: id(spec.Rank)}
	for _, a := range spec.Listen {
		r.Addrs = append(r.Addrs, strings.Replace(a, "/tcp/0", "/tcp/4711", 1)+"/p2p/"+r.PeerID)
	}
	send(child, r)
}

func send(child *launch.Child, e launch.Event) {
	if err := child.Send(e); err != nil {
		fmt.Fprintln(os.Stderr, "probe: send:", err)
	}
}

func serve(child *launch.Child) {
	spec := child.Spec()
	ready(child)
	fmt.Println("worker", spec.Rank, os.Getpid(), spec.Workers, strings.Join(spec.Bootstrap, ","))
	deaf := os.Getenv("PROBE_WORKER") == "deaf"
	for m := range child.Messages() {
		switch m := m.(type) {
		case launch.Gone:
			send(child, launch.Lost{PeerID: m.PeerID, Rerun: 10 * spec.Rank})
		case launch.Leave:
			if !deaf {
				send(child, launch.Stats{Executed: 7})
				_ = child.Close()
				os.Exit(0)
			}
		}
	}
	if deaf {
		wait()
	}
	os.Exit(9) // orphaned
}

// origin runs its steps and exits with the last exit step's code, or 0.
func origin(child *launch.Child) {
	for _, step := range os.Args[1:] {
		word, arg, _ := strings.Cut(step, "=")
		n, _ := strconv.Atoi(arg)
		switch word {
		case "ready":
			ready(child)
		case "spec":
			s := child.Spec()
			fmt.Printf("rank %d workers %d peers %d listen %v bootstrap %v key %x\n", s.Rank, s.Workers, s.Peers, s.Listen, s.Bootstrap, []byte(s.Secret))
		case "pid":
			fmt.Println("origin", os.Getpid())
		case "cat":
			_, _ = io.Copy(os.Stdout, os.Stdin)
		case "line": // waits for a line on the standard input
			_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
		case "stderr":
			_, _ = os.Stderr.WriteString(arg)
		case "child": // leaves a process behind that holds our output open
			cmd := exec.Command("sleep", "1000")
			cmd.Stdout = os.Stdout
			_ = cmd.Start()
		case "fatal":
			send(child, launch.Fatal{Msg: arg})
			os.Exit(1)
		case "messages": // prints n messages, and answers Gone
			messages(child, n)
		case "exit":
			os.Exit(n)
		case "kill":
			_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
			wait()
		case "hang": // until the lifeline breaks
			<-child.Orphaned()
			os.Exit(9)
		}
	}
	_ = child.Close()
	os.Exit(0)
}

// wait waits for ever; a bare select would be a deadlock that the runtime finds.
func wait() {
	never := make(chan os.Signal, 1)
	signal.Notify(never, syscall.SIGUSR1)
	<-never
}

func messages(child *launch.Child, n int) {
	for range n {
		m, ok := <-child.Messages()
		if !ok {
			os.Exit(9)
		}
		fmt.Printf("%T %v\n", m, m)
		if gone, ok := m.(launch.Gone); ok {
			send(child, launch.Lost{PeerID: gone.PeerID, Rerun: 7})
		}
	}
}
