package peer_test
import ("fmt";"os";"runtime/pprof")
func (c *cluster) dump() {
	for i,n:=range c.nodes { if n.killed {continue}; h,e:=n.Holding(); fmt.Println(i,n.ID(),"holding",h,e,"stealable",n.Stealable(),"idle",n.Idle(),"members",n.Members(),n.Stats(),n.StealStats(), n.LedgerStats()) }
	pprof.Lookup("goroutine").WriteTo(os.Stdout, 1)
}
var debugDump func()
