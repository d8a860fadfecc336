package uts

// Sample is a tree of the literature with what is known of it.
type Sample struct {
	Tree
	Want Count // zero fields are not known
}

// Samples are the trees that come with the original program, by their names there, and tiny, which is T1 cut at depth 7.
// T1 and T5 are wide, T2 and T4 are in between, T3 is thin and deep: the hard one.
var Samples = map[string]Sample{
	"tiny":  {Tree{Geometric, Fixed, 4, 7, 0, 0, 19}, Count{63_914, 51_124, 7}},
	"T1":    {Tree{Geometric, Fixed, 4, 10, 0, 0, 19}, Count{4_130_071, 3_305_118, 10}},
	"T2":    {Tree{Geometric, Cyclic, 6, 16, 0, 0, 502}, Count{4_117_769, 2_342_762, 81}},
	"T3":    {Tree{Binomial, Linear, 2000, 0, 0.124875, 8, 42}, Count{4_112_897, 3_599_034, 1_572}},
	"T4":    {Tree{Hybrid, Linear, 6, 16, 0.234375, 4, 1}, Count{4_132_453, 3_108_986, 134}},
	"T5":    {Tree{Geometric, Linear, 4, 20, 0, 0, 34}, Count{4_147_582, 2_181_318, 20}},
	"T1L":   {Tree{Geometric, Fixed, 4, 13, 0, 0, 29}, Count{102_181_082, 81_746_377, 13}},
	"T2L":   {Tree{Geometric, Cyclic, 7, 23, 0, 0, 220}, Count{96_793_510, 53_791_152, 67}},
	"T3L":   {Tree{Binomial, Linear, 2000, 0, 0.200014, 5, 7}, Count{111_345_631, 89_076_904, 17_844}},
	"T1XL":  {Tree{Geometric, Fixed, 4, 15, 0, 0, 29}, Count{1_635_119_272, 1_308_100_063, 15}},
	"T1XXL": {Tree{Geometric, Fixed, 4, 15, 0, 0, 19}, Count{4_230_646_601, 0, 15}},
}

// Agrees tells whether got has every number that is known in c.
func (c Count) Agrees(got Count) bool {
	return (c.Nodes == 0 || c.Nodes == got.Nodes) &&
		(c.Leaves == 0 || c.Leaves == got.Leaves) &&
		(c.Depth == 0 || c.Depth == got.Depth)
}
