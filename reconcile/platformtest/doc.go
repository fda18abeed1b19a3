// Package platformtest is the contract that every reconcile.Platform passes:
// groups of steps, each of which lets the LMS be meddled with, applies what
// files say, and looks whether the promises were kept. It knows nothing of any
// protocol; a Lab brings the platform, and shows what the LMS really holds.
//
// The promises, after every step:
//
//   - every row of the report has an outcome;
//   - a row that is confirmed is so in the LMS: the grade, and the comment that
//     the student reads, once;
//   - what no file names is as it was, or the report tells of it;
//   - no column is there twice, no attempt of a student's is used up;
//   - a new plan is empty, or holds only what the report has named as not held.
package platformtest
