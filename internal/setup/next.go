package setup

import (
	"path/filepath"
	"strings"

	"github.com/gradesync/gradesync/internal/escape"
)

// field is where an answer stands in the documents, by its flag.
func field(flag, dir string) string {
	platform, gradebook := filepath.Join(dir, PlatformFile), filepath.Join(dir, GradebookFile)
	switch flag {
	case "--client-id":
		return "clientID in " + platform + ": the LMS hands it back"
	case "--deployment-id":
		return "deploymentID in " + platform + ": the LMS hands it back"
	case "--course":
		return "course in " + gradebook
	default:
		return "lineItemsURL in " + gradebook
	}
}

// Next is what is left to do with documents in dir.
func Next(a Answers, dir string) string {
	var b strings.Builder
	b.WriteString("\nNEXT\n\n")
	b.WriteString("  enter the settings above in " + a.Title() + ", if that is not done\n")
	for _, flag := range a.Later() {
		b.WriteString("  fill in " + field(flag, dir) + "\n")
	}
	b.WriteString("  gradesync doctor -f " + escape.Shell(dir) + "    to see whether everything works\n")
	b.WriteString("  gradesync plan -f " + escape.Shell(dir) + "      to see what would be done\n")
	return b.String()
}
