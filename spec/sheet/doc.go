// Package sheet reads CSV as it is found: bytes in, rows of cells out, each
// with its place.
//
// It takes what spreadsheets and LMSs write: a byte order mark, CRLF and the
// lone CR of old Macs, quoted newlines, a delimiter of , ; or tab (or what
// Excel's "sep=" line says), blanks around cells, rows of any length, and a
// quote within a cell that is not quoted. What cannot be read for certain is an
// error: bytes that are no UTF-8, a quote that is never closed, text behind a
// closing quote.
//
// Rows are handed out one by one and never collected. What the cells mean is no
// matter of this package.
package sheet
