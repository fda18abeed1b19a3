package setup

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// Answers are what is known of one LMS and its registration of gradesync. An
// empty one is not known, or the usual.
type Answers struct {
	LMS                    string // one of Words
	URL                    string // the LMS's root
	TokenURL, Audience     string
	ClientID, DeploymentID string
	Course, LineItemsURL   string // of the first context; at most one of them
	Name                   string // the Platform's
}

// What stands in a document for what is not known yet.
const (
	fillClient     = "fill-in-the-client-id"
	fillDeployment = "fill-in-the-deployment-id"
	fillCourse     = "fill-in-the-course-id"
	fillLineItems  = "https://fill-in-the-line-items-url.invalid/"
)

// kind is the LMS's; Check has found it.
func (a Answers) kind() LMS {
	l, _ := Find(a.LMS)
	return l
}

// Title is what people call the LMS.
func (a Answers) Title() string { return a.kind().Title }

// Missing are the flags without which there is no document to write.
func (a Answers) Missing() []string {
	l, known := Find(a.LMS)
	switch {
	case !known:
		return []string{"--lms"}
	case l.TokenPath != "" && a.URL == "" && (a.TokenURL == "" || a.LineItemsURL == ""):
		return []string{"--url"}
	case l.TokenPath == "" && l.TokenURL == "" && a.TokenURL == "":
		return []string{"--token-url"}
	}
	return nil
}

// Later are the flags that can wait until the LMS has answered, or somebody
// has looked.
func (a Answers) Later() (flags []string) {
	l := a.kind()
	if a.ClientID == "" {
		flags = append(flags, "--client-id")
	}
	if a.DeploymentID == "" && a.needsDeployment() {
		flags = append(flags, "--deployment-id")
	}
	if a.Course == "" && a.LineItemsURL == "" {
		if l.ByCourse {
			return append(flags, "--course")
		}
		return append(flags, "--line-items-url")
	}
	return flags
}

// needsDeployment: the type_id in Moodle's URLs is the deployment id.
func (a Answers) needsDeployment() bool { return a.LMS == "moodle" && a.LineItemsURL == "" }

// Check says what is wrong with an answer, by its flag.
func (a Answers) Check() error {
	l, known := Find(a.LMS)
	if a.LMS != "" && !known {
		return fmt.Errorf("--lms %s is not known: %s", a.LMS, strings.Join(Words(), ", "))
	}
	for _, u := range []struct{ flag, value string }{{"--url", a.URL}, {"--token-url", a.TokenURL}, {"--line-items-url", a.LineItemsURL}} {
		if why := wrongURL(u.value); why != "" {
			return fmt.Errorf("%s %s: write a full https URL, as in https://lms.example.edu (%s)", u.flag, shown(u.value), why)
		}
	}
	if strings.ContainsAny(a.URL, "?") {
		return fmt.Errorf("--url %s: the LMS's root has no query", shown(a.URL))
	}
	for _, s := range []struct{ flag, value string }{
		{"--client-id", a.ClientID}, {"--deployment-id", a.DeploymentID}, {"--audience", a.Audience}, {"--course", a.Course}, {"--name", a.Name},
	} {
		switch {
		case s.value != "" && strings.TrimSpace(s.value) != s.value, strings.ContainsFunc(s.value, unicode.IsControl):
			return fmt.Errorf("%s %q: leave out blanks around it and control characters", s.flag, s.value)
		case len(s.value) > 256:
			return fmt.Errorf("%s is longer than 256 bytes", s.flag)
		}
	}
	switch {
	case a.Course != "" && a.LineItemsURL != "":
		return fmt.Errorf("--course and --line-items-url say the same thing twice: keep one")
	case a.Course != "" && known && !l.ByCourse:
		return fmt.Errorf("--course is for canvas and moodle, whose URLs can be made of it: give --line-items-url, as an LTI launch told it")
	}
	return nil
}

// shown is a URL without what may be a password in it.
func shown(s string) string {
	if strings.Contains(s, "@") {
		return "(not shown: it may hold a password)"
	}
	return s
}

// wrongURL is why a token may not be sent to a URL; "" where it may.
func wrongURL(s string) string {
	if s == "" {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "no blanks in it"
	case err == nil && u.Scheme != "https" && u.Scheme != "http":
		return "it must begin with https://"
	case err != nil || u.Hostname() == "":
		return "it has no host, or one that cannot be"
	case u.User != nil:
		return "no user name or password in it"
	case strings.Contains(s, "#"):
		return "no # in it"
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "http is for this machine only"
	}
	return ""
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// Full are the answers with what follows from them, once nothing is Missing.
func (a Answers) Full() Answers {
	l := a.kind()
	a.URL = strings.TrimRight(a.URL, "/")
	if a.TokenURL == "" {
		a.TokenURL = l.TokenURL
		if l.TokenPath != "" {
			a.TokenURL = a.URL + l.TokenPath
		}
	}
	a.Audience = cmp.Or(a.Audience, l.Audience)
	a.Name = cmp.Or(a.Name, strings.Replace(a.LMS, "other", "lms", 1))
	return a
}

// Question is one thing to ask a person for, by its flag.
type Question struct{ Flag, Text string }

// First are the questions before the key is registered. Only those that are
// needed have no way around them: an empty answer leaves the others for later.
func (a Answers) First() []Question {
	l, known := Find(a.LMS)
	if !known {
		return []Question{{"--lms", "Which LMS (" + strings.Join(Words(), ", ") + ")? "}}
	}
	var out []Question
	for _, flag := range append(a.Missing(), a.Later()...) {
		switch flag {
		case "--url":
			out = append(out, Question{flag, "The LMS's address, as in https://lms.example.edu: "})
		case "--token-url":
			out = append(out, Question{flag, "Its OAuth 2 token URL: "})
		case "--course":
			out = append(out, Question{flag, "The id of a course, the 101 in an address like " + l.CourseAt + " (Enter: later): "})
		case "--line-items-url":
			out = append(out, Question{flag, "The line items URL of a course, " + l.lineItemsLike() + " (Enter: later): "})
		}
	}
	return out
}

// Second are the questions for what the LMS hands back. Who knew a client id
// before has no deployment id, unless nothing works without.
func (a Answers) Second() (out []Question) {
	if a.ClientID == "" {
		out = append(out, Question{"--client-id", "The client id (Enter: later): "})
	}
	switch {
	case a.DeploymentID != "":
	case a.needsDeployment():
		out = append(out, Question{"--deployment-id", "The deployment id (Enter: later): "})
	case a.ClientID == "":
		out = append(out, Question{"--deployment-id", "The deployment id (Enter: later, or none): "})
	}
	return out
}

// HandedBack is what the LMS handed back, as the Platform's document says it.
func HandedBack(a Answers) string {
	var fields []string
	for _, f := range []struct{ name, value string }{{"clientID", a.ClientID}, {"deploymentID", a.DeploymentID}} {
		if f.value != "" {
			fields = append(fields, fmt.Sprintf("%s: %q", f.name, f.value))
		}
	}
	return strings.Join(fields, ", ")
}

// Needed tells whether a question cannot be left for later.
func (a Answers) Needed(q Question) bool { return slices.Contains(a.Missing(), q.Flag) }

// With is the answers with one more, by its flag.
func (a Answers) With(flag, value string) Answers {
	for name, field := range map[string]*string{
		"--lms": &a.LMS, "--url": &a.URL, "--token-url": &a.TokenURL, "--audience": &a.Audience, "--client-id": &a.ClientID,
		"--deployment-id": &a.DeploymentID, "--course": &a.Course, "--line-items-url": &a.LineItemsURL, "--name": &a.Name,
	} {
		if name == flag {
			*field = value
		}
	}
	return a
}
