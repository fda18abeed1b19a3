// Package run brings documents and platforms together: it opens a connection
// for each Platform document and plans and applies every context of every
// Gradebook, side by side under each platform's own limits. The commands call
// it; it prints nothing and decides nothing about grades.
package run
