package escape

import "strings"

// CommandData is a text as the message of a workflow command of GitHub's runner,
// encoded as the runner decodes it: nothing in it ends the command or begins
// another.
func CommandData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// CommandProperty is a text as the value of a property of such a command.
func CommandProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
