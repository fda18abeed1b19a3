package escape

import "strings"

// Shell is a word of a command line as a shell takes it: in single quotes where
// it holds more than letters, digits and a few signs. What else is in it (control
// characters) is for Line.
func Shell(word string) string {
	if word != "" && strings.Trim(word, bare) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// bare needs no quotes. The signs that mean something in some shell or other
// are not here, such as = before a word, @ and the comma.
const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+"
