// Package ags makes a reconcile.Platform of an AGS 2.0 client: it translates
// values and tells what an error means for a write. It decides nothing.
package ags
