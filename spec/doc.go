// Package spec reads gradesync's documents: the Gradebooks, Scores and Platforms
// that people keep in git, and the sheets that they name.
//
// What it promises: every value keeps the place (file, line, column) it was
// written at; every mistake of every file is found in one reading and reported
// in a stable order with the line it stands on; nothing that it does not
// understand is passed over. A document that loads without an error follows
// all rules of the format, so that later stages need not check again.
//
// What Load reads is bounded, so that no file makes it take all memory or run
// for long: 16 MiB a file, and in it 1,500,000 lines and marks (, : [ { ? # and
// dashes that begin a line or a word, wherever they stand), 10,000 documents and
// 100 lines that begin with %; 1 MiB a value; 64 levels of lists and mappings;
// and 250,000 values that aliases repeat, or that line items with extensions of
// their own take from the defaults. 100,000 scores of 8 marks and 60 bytes each
// are within all of these and take some 250 MB and 2 seconds; the costliest text
// within them, made for it, took 650 MB and 4 seconds. After 10,000 mistakes
// Load gives up. Read has bounds too, of a record's size: see there. A sheet has
// 32 MiB, 2,000 columns, 1,048,576 rows and 2,097,152 lines; all sheets
// of a Load 4,194,304 lines, and, each as often as a document names it, 256 MiB and
// 250,000 scores and people.
//
// What a sheet says is read with care, for a grade that is passed over is lost,
// and one that is made up harms somebody. A blank cell says nothing, and a
// column that is no line item is left alone and noted. Only below the last
// person there are footers: rows that name nobody, and rows whose user cell is a
// summary (Average, Mean, Median, Total, Sum, Count, Minimum, Maximum, Min, Max,
// Points Possible, Class Average, Overall Average, Standard Deviation; in any
// case, with a colon or without). They are noted, not read. Where people are named by userId or
// sourcedId, a single word without a colon may be somebody's id and counts as
// one. Above the last person a row with scores and without a person is a mistake.
// Points in a cell are rounded to 15 significant digits, as many as can be kept:
// programs write 100/3 as 33.333333333333336. In YAML, and before the decimal
// point, more digits are a mistake.
//
// The types of this package are the file format: their `spec` tags name the
// keys and the rules of each value, and the decoder, the encoder and
// the JSON Schema read those same tags.
//
// It does no I/O beyond the fs.FS it is given, reads no environment, resolves
// no secret and knows nothing of any LMS.
package spec
