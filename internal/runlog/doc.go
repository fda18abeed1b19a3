// Package runlog keeps the record of an apply: a folder for each run, with what
// was there before, what was meant to be there after, the plan, and the outcome
// of each write as it ended. Undo starts from it.
//
//	.gradesync/.gitignore              "*", before anything else
//	.gradesync/runs/<id>/              0700
//	    before.yaml, after.yaml, ...   whole files, 0600: [Run.Write]
//	    outcome.jsonl                  one line for each write: [Run.Outcome]
//
// It promises that
//   - git does not pick a record up: the .gitignore stands before the record;
//   - a record that cannot be kept is an error of [Create] or [Run.Write], which
//     a caller awaits before it writes any grade;
//   - what Write has taken is on the disk, whole, when it returns, and a file
//     that is not whole never bears the name;
//   - what Outcome has taken survives the death of the process at once, and that
//     of the machine shortly after, and nobody waits for the disk;
//   - nothing that was recorded is replaced or deleted;
//   - reading a damaged record costs bounded memory, and what can still be read
//     is read.
//
// Given recipients, everything but the .gitignore is sealed with age, and no
// plain text touches the disk. Files are ordinary age files, with .age after
// their names. Each line of outcome.jsonl.age is an age file of its own, in
// base64, so that a crash costs no line but the last:
//
//	tail -n 1 outcome.jsonl.age | base64 -d | age -d -i key.txt
//
// Sealing hides: it does not prove who wrote a record.
//
// It does not know what its files mean, does not rotate, shrink or send them,
// and changes no folder that it did not make: a folder of runs that is there
// keeps its permissions, and each run's own is 0700. Text is recorded as it was
// given, so that what shows a record has to make it inert first.
package runlog
