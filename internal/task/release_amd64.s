//go:build linux && !race

#include "textflag.h"

// func release(p *atomic.Uint32, v uint32)
// Stores are released in order on amd64.
TEXT ·release(SB), NOSPLIT, $0-12
	MOVQ p+0(FP), AX
	MOVL v+8(FP), BX
	MOVL BX, (AX)
	RET
