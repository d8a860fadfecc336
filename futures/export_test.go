package futures

// MaxAhead is how many inputs a mapper may have drawn that its consumer has not seen, on a peer of few workers: the batches
// under way, the one that is being drawn, and the one that is being yielded.
const MaxAhead = (minBatches + 2) * maxBatch

// FirstBatches is how many inputs may be drawn before the first outcome, when every batch still has one item.
const FirstBatches = minBatches
