package setup

import "strings"

// field is where an answer stands in the documents, by its flag.
func field(flag string) string {
	switch flag {
	case "--client-id":
		return "clientID in " + PlatformFile + ", which the LMS hands back"
	case "--deployment-id":
		return "deploymentID in " + PlatformFile + ", which the LMS hands back"
	case "--course":
		return "course in " + GradebookFile
	default:
		return "lineItemsURL in " + GradebookFile
	}
}

// Next is what is left to do with documents in dir.
func Next(a Answers, dir string) string {
	if strings.ContainsAny(dir, " '\"$&;()*?\\") { // for a shell
		dir = "'" + strings.ReplaceAll(dir, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("\nNEXT\n\n")
	for _, flag := range a.Later() {
		b.WriteString("  fill in " + field(flag) + "\n")
	}
	b.WriteString("  gradesync doctor -f " + dir + "    to see whether everything works\n")
	b.WriteString("  gradesync plan -f " + dir + "      to see what would be done\n")
	return b.String()
}
