package peer_test
import ("testing";"time";"context";"github.com/scoopp2p/scoopp2p/futures")
func TestDebug(t *testing.T) {
	c := start(t, 1, 1)
	c.spawn("nothing"); e:=c.spawn("handles")
	var fs []futures.Future[string]
	for range 20 { fs = append(fs, futures.Submit(c.from(0), Remote, "hello")) }
	ctx,cancel:=context.WithTimeout(c.ctx, 2*time.Second); defer cancel()
	n:=0
	for _,f:=range fs { if _,err:=f.Result(ctx); err!=nil {n++} }
	if n>0 {
	h,_:=c.nodes[0].Holding()
	t.Logf("missing %d stealable %d idle %d holding %+v stats %+v", n, c.nodes[0].Stealable(), c.nodes[0].Idle(), h, c.nodes[0].StealStats())
	all,_:=c.nodes[0].Census(c.ctx); t.Logf("%+v",all); _=e
	t.FailNow()
	}
}
