package platformtest

import "github.com/gradesync/gradesync/plan"

// Groups are all that a platform is put through.
func Groups() []Group {
	points := func(v float64) *float64 { return &v }
	return []Group{
		{Name: "columns come, change and go", Steps: []Step{
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, tag: homework}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10}
`},
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework One, scoreMaximum: 60, tag: exercise}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10, tag: homework}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10}
`},
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework One, scoreMaximum: 60, tag: null}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10, tag: homework}
  - {resourceId: hw3, label: Homework 3, absent: true}
`},
		}},
		{Name: "what no file names stays", Steps: []Step{
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50}
`},
			{
				Sure: true,
				Do:   []Deed{{Column: "hw1", Tag: "theirs", Extension: "https://example.edu/theirs"}, {New: &plan.LineItem{Label: "Theirs", ScoreMaximum: 5}}},
				Files: `
  - {resourceId: hw1, label: Homework One, scoreMaximum: 50}
`,
			},
		}},
		{Name: "dates, release and extensions", Steps: []Step{
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    startDateTime: 2026-01-02T03:04:05Z
    endDateTime: 2026-02-02T03:04:05+01:00
    gradesReleased: true
    extensions: {"https://example.edu/ours": {a: 1}}
`},
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework One
    scoreMaximum: 50
    startDateTime: null
    endDateTime: 2026-03-02T03:04:05+01:00
    gradesReleased: false
    extensions: {"https://example.edu/ours": {a: 2}}
`},
		}},
		{Name: "a column of the same title is taken over", Steps: []Step{
			{
				Sure: true,
				Do:   []Deed{{New: &plan.LineItem{Label: "Homework 1", ScoreMaximum: 50}}},
				Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, tag: homework}
`,
			},
		}},
		{Name: "resource links", Steps: []Step{
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, resourceLinkId: "{l1}"}
`},
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework One, scoreMaximum: 50, resourceLinkId: "{l1}"}
`},
			{Found: true, Files: `
  - {resourceId: hw1, label: Homework One, scoreMaximum: 50, resourceLinkId: "{l2}"}
`},
		}},
		{Name: "a column of a link is deleted, or the report tells", Steps: []Step{
			{Settled: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50, resourceLinkId: "{l1}"}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 50}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 50}
`},
			{Settled: true, Files: `
  - {resourceId: hw1, label: Homework 1, absent: true}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 50}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 50}
`},
		}},
		{Name: "scores of every kind", Steps: []Step{
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 0}
      - {userId: "{p2}", scoreGiven: 42.25}
      - {userId: "{p3}", scoreGiven: 1, scoreMaximum: 3}
      - {userId: "{p4}", scoreGiven: 55}
      - {userId: "{p5}", scoreGiven: 33.333333}
      - {userId: "{p6}", scoreGiven: 50, comment: Full}
`},
			{Sure: true, Allow: []string{"clear", "lowered"}, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 1}
      - {userId: "{p2}", scoreGiven: 41.5}
      - {userId: "{p3}", scoreGiven: null}
      - {userId: "{p4}", scoreGiven: 45}
      - {userId: "{p5}", scoreGiven: 33.333333}
      - {userId: "{p6}", scoreGiven: null, comment: null}
`},
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p3}", scoreGiven: 2}
      - {userId: "{p6}", scoreGiven: 5}
`},
		}},
		{Name: "small differences count", Steps: []Step{
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 1
    scores: [{userId: "{p1}", scoreGiven: 0.43}, {userId: "{p2}", scoreGiven: 0.33333}]
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 100, scores: [{userId: "{p1}", scoreGiven: 92.5}]}
`},
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 1
    scores: [{userId: "{p1}", scoreGiven: 0.434}, {userId: "{p2}", scoreGiven: 0.33334}]
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 100, scores: [{userId: "{p1}", scoreGiven: 92.504}]}
`},
		}},
		{Name: "comments", Steps: []Step{
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: One}
      - {userId: "{p2}", scoreGiven: 20, comment: Two}
      - {userId: "{p3}", scoreGiven: 30}
`},
			{ // a comment alone, a score alone under a comment that the file names, and one that it does not
				Sure: true,
				Do:   []Deed{{Column: "hw1", User: "{p3}", Comment: "By the teacher"}},
				Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: Uno}
      - {userId: "{p2}", scoreGiven: 25, comment: Two}
      - {userId: "{p3}", scoreGiven: 35}
`,
			},
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: null}
      - {userId: "{p2}", comment: Only this}
      - {userId: "{p3}", scoreGiven: 35, comment: null}
`},
			{Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p3}", scoreGiven: 35, comment: "0"}
`},
		}},
		{Name: "a new maximum, and scores at once", Steps: []Step{
			{Sure: true, Punctual: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: One}
      - {userId: "{p2}", scoreGiven: 20}
      - {userId: "{p3}", scoreGiven: 30}
`},
			{
				Sure: true, Punctual: true,
				Do:    []Deed{{Column: "hw1", User: "{p4}", Score: points(40)}, {Column: "hw1", User: "{p3}", Clear: true}},
				Allow: []string{"rescale", "lowered"},
				Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 100
    scores:
      - {userId: "{p1}", scoreGiven: 10, comment: One}
      - {userId: "{p2}", scoreGiven: 40}
      - {userId: "{p5}", scoreGiven: 1}
`,
			},
			{Sure: true, Punctual: true, Allow: []string{"rescale", "lowered"}, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 1
    scores:
      - {userId: "{p1}", scoreGiven: 0.5, comment: One}
      - {userId: "{p2}", scoreGiven: 0.25}
      - {userId: "{p5}", scoreGiven: 1}
`},
		}},
		{Name: "a teacher's hand", Steps: []Step{
			{Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    resourceLinkId: "{l1}"
    scores: [{userId: "{p1}", scoreGiven: 10}, {userId: "{p2}", scoreGiven: 20}]
`},
			{
				Do: []Deed{{Column: "hw1", User: "{p1}", Score: points(45)}, {Column: "hw1", User: "{p3}", Score: points(33)}},
				Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    resourceLinkId: "{l1}"
    scores: [{userId: "{p1}", scoreGiven: 46}, {userId: "{p2}", scoreGiven: 21}]
`,
			},
		}},
		{Name: "a locked column", Steps: []Step{
			{Settled: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 10}]
  - resourceId: hw2
    label: Homework 2
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 10}]
`},
			{
				Settled: true,
				Do:      []Deed{{Column: "hw1", Locked: true}},
				Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 11}]
  - resourceId: hw2
    label: Homework 2
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 11}]
`,
			},
		}},
		{Name: "one attempt", Steps: []Step{
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 50}
`},
			{
				Sure: true,
				Do:   []Deed{{Column: "hw1", Attempts: 1}},
				Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 10}]
`,
			},
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores: [{userId: "{p1}", scoreGiven: 20, comment: Better}]
`},
		}},
		{Name: "a stranger stops nobody else", Steps: []Step{
			{Settled: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 50
    scores:
      - {userId: "{p1}", scoreGiven: 10}
      - {userId: "{stranger}", scoreGiven: 20}
      - {userId: "{p2}", scoreGiven: 30}
`},
		}},
		{Name: "what is too long or too large", Steps: []Step{
			{Foreseen: true, Files: `
  - {resourceId: hw1, label: "{long:256}", scoreMaximum: 50}
`},
			{Foreseen: true, Files: `
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 50, tag: "{long:256}"}
`},
			{Foreseen: true, Files: `
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 100000}
`},
			{Foreseen: true, Files: `
  - {resourceId: hw4, label: Homework 4, scoreMaximum: 12.5}
`},
			{Foreseen: true, Files: `
  - {label: Homework 5, scoreMaximum: 50}
`},
			{Foreseen: true, Files: `
  - {resourceId: hw5, label: Homework 5, scoreMaximum: 50, scores: [{userId: no-number, scoreGiven: 1}]}
`},
			{Sure: true, Files: `
  - {resourceId: "{long:250}", label: Homework 6, scoreMaximum: 50}
`},
		}},
		{Name: "many columns", Steps: []Step{
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 10}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10}
  - {resourceId: hw4, label: Homework 4, scoreMaximum: 10}
  - {resourceId: hw5, label: Homework 5, scoreMaximum: 10}
  - {resourceId: hw6, label: Homework 6, scoreMaximum: 10}
  - {resourceId: hw7, label: Homework 7, scoreMaximum: 10}
`},
			{Sure: true, Files: `
  - {resourceId: hw1, label: Homework 1, scoreMaximum: 10}
  - {resourceId: hw2, label: Homework 2, scoreMaximum: 10}
  - {resourceId: hw3, label: Homework 3, scoreMaximum: 10}
  - {resourceId: hw4, label: Homework 4, scoreMaximum: 10}
  - {resourceId: hw5, label: Homework 5, scoreMaximum: 10}
  - {resourceId: hw6, label: Homework 6, scoreMaximum: 10}
  - {resourceId: hw7, label: Homework Seven, scoreMaximum: 10}
`},
		}},
		{Name: "everyone has a grade", Steps: []Step{
			{Sure: true, Files: `
  - resourceId: hw1
    label: Homework 1
    scoreMaximum: 10
    scores:
      - {userId: "{p1}", scoreGiven: 1}
      - {userId: "{p2}", scoreGiven: 2}
      - {userId: "{p3}", scoreGiven: 3}
      - {userId: "{p4}", scoreGiven: 4}
      - {userId: "{p5}", scoreGiven: 5}
      - {userId: "{p6}", scoreGiven: 6}
`},
			{Sure: true, Allow: []string{"delete-graded", "deletesPercent"}, Files: `
  - {resourceId: hw1, label: Homework 1, absent: true}
`},
		}},
	}
}
