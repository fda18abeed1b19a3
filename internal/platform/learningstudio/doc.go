// Package learningstudio makes a reconcile.Platform of one course of Pearson
// LearningStudio. It speaks the platform's own REST API: its gradebook items
// are the line items, and its grades the results.
//
// What the API has no route for it refuses: columns are made, renamed and
// deleted in LearningStudio itself. A score is written as the vendor tells to:
// the grade that is there is read first, one that is missing is posted, and any
// other is put with its id. A grade is only written if it would change, and
// with it goes back what nobody asked to change: the letter, the sharing and
// the comment.
//
// Requests are signed below the client, by [Signed], each try anew: a nonce is
// good once.
package learningstudio
