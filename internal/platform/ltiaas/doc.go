// Package ltiaas makes a reconcile.Platform of one launch context of LTIAAS, a
// service that stands between tools and LMSs and speaks AGS 2.0 and NRPS 2.0 to
// the LMS itself. To tools it speaks plain JSON: arrays stand in objects, the
// next page's URL stands beside them and is asked for at LTIAAS again, results
// are read where scores are posted, and a score gets its timestamp there.
//
// The credentials go to the account's origin and nowhere else. A listing is
// complete or it is an error. Writes are sent once. Errors hold no credential
// and nothing of what was sent about a person.
package ltiaas
