// Package spec reads gradesync's documents: the Gradebooks and Platforms that
// people keep in git.
//
// What it promises: every value keeps the place (file, line, column) it was
// written at; every mistake of every file is found in one reading and reported
// in a stable order with the line it stands on; nothing that it does not
// understand is passed over. A document that loads without an error follows
// all rules of the format, so that later stages need not check again.
//
// The types of this package are the file format: their `spec` tags name the
// keys and the rules of each value, and the decoder, the encoder and
// the JSON Schema read those same tags.
//
// It does no I/O beyond the fs.FS it is given, reads no environment, resolves
// no secret and knows nothing of any LMS.
package spec
