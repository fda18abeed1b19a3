// Package layers holds the test of which package may know which.
package layers
