package main

// sample is a tree of the literature with what is known of it.
type sample struct {
	tree
	want Count // zero fields are not known
}

// samples are the trees that come with the benchmark (Olivier et al., UTS: An Unbalanced Tree Search Benchmark, LCPC
// 2006), and tiny, which is T1 cut at depth 7.
var samples = map[string]sample{
	"tiny":  {tree{geometric, fixed, 4, 7, 0, 0, 19}, Count{63_914, 51_124, 7}},
	"T1":    {tree{geometric, fixed, 4, 10, 0, 0, 19}, Count{4_130_071, 3_305_118, 10}},
	"T2":    {tree{geometric, cyclic, 6, 16, 0, 0, 502}, Count{4_117_769, 2_342_762, 81}},
	"T3":    {tree{binomial, linear, 2000, 0, 0.124875, 8, 42}, Count{4_112_897, 3_599_034, 1_572}},
	"T4":    {tree{hybrid, linear, 6, 16, 0.234375, 4, 1}, Count{4_132_453, 3_108_986, 134}},
	"T5":    {tree{geometric, linear, 4, 20, 0, 0, 34}, Count{4_147_582, 2_181_318, 20}},
	"T1L":   {tree{geometric, fixed, 4, 13, 0, 0, 29}, Count{102_181_082, 81_746_377, 13}},
	"T2L":   {tree{geometric, cyclic, 7, 23, 0, 0, 220}, Count{96_793_510, 53_791_152, 67}},
	"T3L":   {tree{binomial, linear, 2000, 0, 0.200014, 5, 7}, Count{111_345_631, 89_076_904, 17_844}},
	"T1XL":  {tree{geometric, fixed, 4, 15, 0, 0, 29}, Count{1_635_119_272, 1_308_100_063, 15}},
	"T1XXL": {tree{geometric, fixed, 4, 15, 0, 0, 19}, Count{4_230_646_601, 0, 15}},
}

// agrees tells whether got has every number that is known in c.
func (c Count) agrees(got Count) bool {
	return (c.Nodes == 0 || c.Nodes == got.Nodes) &&
		(c.Leaves == 0 || c.Leaves == got.Leaves) &&
		(c.Depth == 0 || c.Depth == got.Depth)
}
