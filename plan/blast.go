package plan

// Blast is how far a change, a line item's or a context's changes reach.
// Changes of score are in percent of the maximum, so that they can be told
// over line items of different size.
type Blast struct {
	Students  int `json:"students"`  // persons whose grades are touched
	First     int `json:"first"`     // scores where there was none
	Raised    int `json:"raised"`    // scores
	Lowered   int `json:"lowered"`   // scores
	Cleared   int `json:"cleared"`   // scores taken away
	Destroyed int `json:"destroyed"` // scores that go with their column
	// MeanChange and LargestChange are of the scores raised and lowered;
	// largest by size, with its sign.
	MeanChange    float64 `json:"meanChange"`
	LargestChange float64 `json:"largestChange"`
	NowPass       int     `json:"nowPass"` // scores that cross the pass mark, where policy has one
	NowFail       int     `json:"nowFail"`
	Notifications int     `json:"notifications"` // messages that students are likely to get: one a score
}
