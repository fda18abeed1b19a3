package spec

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"gopkg.in/yaml.v3"
)

// The rules between the fields of one struct. Each runs once the struct is
// read, also where some of its fields are wrong; what is wrong is `there`.

func (s *Secret) check(r *reporter) {
	switch {
	case there(s.Env) && there(s.File):
		r.errorf(s.File.Pos, "keep one of env and file", "a secret has exactly one place")
	case !there(s.Env) && !there(s.File):
		r.errorf(s.Pos, "write {env: NAME} or {file: PATH}", "a secret needs env or file")
	}
}

// variable is the name of an environment variable.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// misplaced is what is wrong with the env or file of a secret. Whoever does not
// find a key that was pasted there would repeat it: so it does not get there,
// and no message repeats it. A blank is another mistake, with nothing to hide.
func misplaced(key string, value *yaml.Node) *problem {
	const hint = "; what is written there is not shown, for it may be the secret itself"
	if value.Kind == yaml.ScalarNode && (value.Value == "" || null(value)) {
		return nil
	}
	text := value.Kind == yaml.ScalarNode && kindOf(value) == "a string"
	switch {
	case key == "env" && (!text || !variable.MatchString(value.Value)):
		return wrong("write letters, digits and _, as in GRADESYNC_KEY"+hint, `"env" is not the name of an environment variable`)
	case key == "file" && (!text || strings.Contains(value.Value, "-----BEGIN") || strings.ContainsFunc(value.Value, unicode.IsControl)):
		return wrong("write a path, without line breaks and control characters"+hint, `"file" is not the path of a file`)
	}
	return nil
}

func (s *Submission) check(r *reporter) {
	if s.StartedAt.IsSet() && s.SubmittedAt.IsSet() && s.SubmittedAt.Value.Before(s.StartedAt.Value) {
		r.errorf(s.SubmittedAt.Pos, "", `"submittedAt" is before "startedAt"`)
	}
}

func (s *Score) check(r *reporter) {
	s.checkPerson(r)
	s.checkValues(r)
}

func (s *Score) checkValues(r *reporter) {
	if s.ScoreGiven.State == Clear && s.Comment.IsSet() && !r.lax { // teachers can do that, and a record tells of it
		r.errorf(s.Comment.Pos, "clear the comment as well (comment: null), or leave it out",
			"a comment cannot go with a score that is cleared")
	}
	if there(s.ScoreMaximum) && (!there(s.ScoreGiven) || s.ScoreGiven.State == Clear) {
		r.errorf(s.ScoreMaximum.Pos, "it is the scale of scoreGiven; the column's own maximum belongs to the line item",
			`"scoreMaximum" without a "scoreGiven"`)
	}
	if !r.lax && s.empty() {
		r.errorf(s.Pos, "write scoreGiven or comment, or leave the row out: what is not named stays as it is",
			"a score names nothing to set")
	}
}

// empty tells whether a score says nothing of its person.
func (s *Score) empty() bool {
	return !there(s.ScoreGiven) && !there(s.ScoreMaximum) && !there(s.Comment) && !there(s.ActivityProgress) &&
		!there(s.GradingProgress) && !there(s.Submission.StartedAt) && !there(s.Submission.SubmittedAt) && !there(s.ScoringUserID) &&
		!there(s.LetterGrade) && !there(s.ShareWithStudent)
}

func (p *Prune) check(r *reporter) {
	if there(p.ResourceIDPrefix) == there(p.Tag) {
		r.errorf(p.Pos, "write resourceIdPrefix or tag, whichever only this Gradebook's line items bear", "prune needs exactly one mark")
	}
}

func (p *Platform) check(r *reporter) {
	if p.Policy.Prune != nil {
		r.errorf(p.Policy.Prune.Pos, "write it in the Gradebook's policy", "a Platform cannot prune: the mark is a Gradebook's")
	}
	switch kinds := p.kinds(); len(kinds) {
	case 0:
		r.errorf(p.Pos, `add "ags", "ltiaas" or "learningstudio" with the LMS's settings, or "sandbox: {}" to try things out`,
			"a Platform needs one of ags, ltiaas, learningstudio and sandbox")
	case 1:
	default:
		r.errorf(p.Pos, "make several Platform documents of it", "a Platform is one of ags, ltiaas, learningstudio and sandbox, not several: %s", list(kinds))
	}
	p.Limits.fill()
}

// kinds is what a Platform says that it is: one, where it is sound.
func (p *Platform) kinds() (kinds []string) {
	for _, k := range []struct {
		name  string
		given bool
	}{{"ags", p.AGS != nil}, {"ltiaas", p.LTIAAS != nil}, {"learningstudio", p.LearningStudio != nil}, {"sandbox", p.Sandbox != nil}} {
		if k.given {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// only is whether a sound Platform is of a kind.
func (p *Platform) only(kind string) bool {
	kinds := p.kinds()
	return len(kinds) == 1 && kinds[0] == kind
}

func (l *LearningStudio) check(r *reporter) {
	signed, user := l.Auth.Value == "oauth1", l.Auth.Value == "oauth2-password"
	for _, f := range []struct {
		name         string
		given, wants bool
		pos          Pos
	}{
		{"consumerKey", there(l.ConsumerKey), signed, l.ConsumerKey.Pos},
		{"secret", l.Secret.given(), signed, l.Secret.Pos},
		{"clientString", there(l.ClientString), user, l.ClientString.Pos},
		{"username", there(l.Username), user, l.Username.Pos},
		{"password", l.Password.given(), user, l.Password.Pos},
	} {
		switch {
		case !l.Auth.IsSet():
		case f.wants && !f.given:
			r.errorf(l.Pos, "add it", "auth: %s needs %q", l.Auth.Value, f.name)
		case !f.wants && f.given:
			r.errorf(f.pos, "remove it, or choose the other auth", "%q does not go with auth: %s", f.name, l.Auth.Value)
		}
	}
}

// given tells whether a document names a secret at all.
func (s *Secret) given() bool { return s.Pos != Pos{} }

// fill sets the defaults, which have no Pos.
func (l *Limits) fill() {
	d := defaultLimits()
	fill(&l.Concurrency, d.Concurrency)
	fill(&l.RequestsPerSecond, d.RequestsPerSecond)
	fill(&l.Timeout, d.Timeout)
	fill(&l.Settle, d.Settle)
	fill(&l.MaxPages, d.MaxPages)
}

func defaultLimits() Limits {
	return Limits{
		Concurrency:       Opt[int]{Value: 8, State: Set},
		RequestsPerSecond: Opt[float64]{Value: 50, State: Set},
		Timeout:           Opt[time.Duration]{Value: 30 * time.Second, State: Set},
		Settle:            Opt[time.Duration]{Value: 10 * time.Second, State: Set},
		MaxPages:          Opt[int]{Value: 1000, State: Set},
	}
}

// fill gives a value that the document does not name its default.
func fill[T any](o *Opt[T], def Opt[T]) {
	if !there(*o) {
		*o = def
	}
}

// names are values that must differ, each with its first place.
type names map[string]Pos

// add remembers a value, or tells where it was before.
func (n names) add(o Opt[string]) (first Pos, again bool) {
	if !o.IsSet() {
		return Pos{}, false
	}
	first, again = n[o.Value]
	if !again {
		n[o.Value] = o.Pos
	}
	return first, again
}

// link checks what documents say of each other, and reads the sheets that they
// name.
func (l *loader) link() {
	l.connect()
	l.people()
	l.scores()
}

// connect brings gradebooks and platforms together.
func (l *loader) connect() {
	seen := names{}
	for _, g := range l.docs.Gradebooks {
		if first, again := seen.add(g.Metadata.Name); again {
			l.errorf(g.Metadata.Name.Pos, "", "a Gradebook named %s is already at %s", quote(g.Name()), first)
		}
	}
	seen = names{}
	for _, p := range l.docs.Platforms {
		if first, again := seen.add(p.Metadata.Name); again {
			l.errorf(p.Metadata.Name.Pos, "", "a Platform named %s is already at %s", quote(p.Name()), first)
		}
	}
	if l.base {
		return
	}
	known := sortedKeys(seen)
	named := map[string]*Platform{}
	for _, p := range slices.Backward(l.docs.Platforms) {
		named[p.Name()] = p
	}
	for _, g := range l.docs.Gradebooks {
		p := named[g.Platform.Value]
		if !g.Platform.IsSet() {
			p = l.docs.PlatformOf(g)
		}
		if p != nil {
			for i := range g.Contexts {
				g.Contexts[i].form(l.reporter, p)
			}
		} else if !l.incomplete {
			l.orphan(g, known)
		}
	}
}

// orphan reports a gradebook without a platform.
func (l *loader) orphan(g *Gradebook, known []string) {
	hint := "no Platform document was read: name its file too"
	switch {
	case g.Platform.IsSet():
		if len(known) > 0 {
			hint = l.suggest(g.Platform.Value, "known", known)
		}
		l.errorf(g.Platform.Pos, hint, "unknown platform %s", quote(g.Platform.Value))
	case there(g.Platform): // reported
	case len(known) == 0:
		l.errorf(g.Pos, hint, "no platform for this Gradebook")
	case len(known) > 1:
		l.errorf(g.Pos, "add platform: and one of these names: "+quotedList(known),
			"several platforms: this Gradebook must say which one is its own")
	}
}

// form checks what a context must say to be found on a platform of this kind.
func (c *Context) form(r *reporter, p *Platform) {
	for _, s := range []struct {
		name string
		*Secret
	}{{"serviceKey", &c.ServiceKey}, {"ltik", &c.Ltik}} {
		if s.given() && len(p.kinds()) == 1 && !p.only("ltiaas") {
			r.errorf(s.Pos, "remove it", "%q belongs to a context on an ltiaas platform, and %s is none", s.name, quote(p.Name()))
		}
	}
	switch {
	case p.only("ags"):
		c.formAGS(r, p)
	case p.only("ltiaas"):
		c.formLTIAAS(r)
	case p.only("learningstudio"):
		switch {
		case !there(c.Course):
			r.errorf(c.Pos, "write the course's id: the launch's context_id", `a context on a learningstudio platform needs "course"`)
		case c.Course.IsSet() && !courseNumber.MatchString(c.Course.Value):
			r.errorf(c.Course.Pos, `write the number as LearningStudio does, such as "31388494", without zeros before it`,
				"the course %s is no id of LearningStudio's", quote(c.Course.Value))
		}
		c.noURLs(r, "the course's id is enough", "learningstudio")
	case p.only("sandbox"):
		c.noURLs(r, "write course: and the id of the course there; by default it is the context's name", "sandbox")
	}
}

// courseNumber is a whole number above 0 in the one form that platforms write:
// another one would be the same course to the platform, and not to us.
var courseNumber = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

func (c *Context) noURLs(r *reporter, hint, kind string) {
	for _, url := range []Opt[string]{c.LineItemsURL, c.MembershipsURL} {
		if there(url) {
			r.errorf(url.Pos, hint, "a context on platforms of kind %s has no URLs", kind)
		}
	}
}

func (c *Context) formLTIAAS(r *reporter) {
	switch {
	case c.ServiceKey.given() && c.Ltik.given():
		r.errorf(c.Ltik.Pos, "keep the serviceKey: it does not expire", `a context has "serviceKey" or "ltik", not both`)
	case !c.ServiceKey.given() && !c.Ltik.given():
		r.errorf(c.Pos, "write serviceKey: {env: NAME} with the launch's service key (services.serviceKey of the id token), or ltik",
			`a context on an ltiaas platform needs "serviceKey" or "ltik"`)
	}
	if there(c.Course) {
		r.errorf(c.Course.Pos, "remove it: the serviceKey or ltik is of one course", `a context on an ltiaas platform has no "course"`)
	}
	c.noURLs(r, "remove it: the serviceKey or ltik is of one course", "ltiaas")
}

// byCourse are the profiles that say where a course's services are.
var byCourse = []string{"canvas", "moodle"}

func (c *Context) formAGS(r *reporter, p *Platform) {
	const hint = "write lineItemsURL, as the LMS gave it in an LTI launch"
	profile := p.AGS.Profile
	switch {
	case there(c.Course) && there(c.LineItemsURL):
		r.errorf(c.LineItemsURL.Pos, "keep one of them", `a context has "course" or "lineItemsURL", not both`)
	case !there(c.Course) && !there(c.LineItemsURL):
		r.errorf(c.Pos, "write the URL of the line items that the LMS gave in an LTI launch",
			`a context on an ags platform needs "lineItemsURL", or "course" where the platform's profile is one of %s`, list(byCourse))
	case !there(c.Course):
	case !there(profile):
		r.errorf(c.Course.Pos, hint+`; or give the platform its "profile": `+list(byCourse),
			`"course" needs a profile that can build URLs, and platform %s has none`, quote(p.Name()))
	case profile.IsSet() && !slices.Contains(byCourse, profile.Value):
		r.errorf(c.Course.Pos, hint, `"course" needs a profile that can build URLs (%s), and that of platform %s is %s`,
			list(byCourse), quote(p.Name()), quote(profile.Value))
	case profile.Value == "moodle" && !there(p.AGS.DeploymentID):
		r.errorf(c.Course.Pos, `add deploymentID to the platform: Moodle's URLs hold it as type_id`, `"course" on moodle needs the platform's deploymentID`)
	}
}
