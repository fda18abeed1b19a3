// Command gradesync makes an LMS's gradebook be what files in git say.
//
// main holds the process: streams, environment, signals and the one exit. An
// app is everything else of it, one file a command; exit.go is the table of
// exit codes. Commands parse, call internal/run, and hand what comes back to
// plan/render; they decide nothing about grades.
package main
