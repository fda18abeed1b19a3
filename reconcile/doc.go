// Package reconcile decides what differs between a gradebook's files and a
// live course, and does something about it: observe, match, decide, apply,
// verify.
//
// The deciding half (Want, match, Decide) is pure: no I/O, no clock, no
// order of maps. Plan and Apply add the I/O, through the small Platform
// interface that each backend implements.
//
// What it promises: what no file names is never touched; every row of a plan
// ends with an Outcome; and "confirmed" is said only of what was read back.
// One comparator (compare.go) serves deciding, the check before a write and
// the proof after it, so they cannot disagree.
//
// What it won't do: hold back dangerous changes on its own authority beyond
// what is marked Held in the plan, keep any state, or believe an answer's
// echo.
package reconcile
