//go:build linux && !race

#include "textflag.h"

// func release(p *atomic.Uint32, v uint32)
TEXT ·release(SB), NOSPLIT, $0-12
	MOVD p+0(FP), R0
	MOVW v+8(FP), R1
	STLRW R1, (R0)
	RET
