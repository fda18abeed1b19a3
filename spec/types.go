package spec

import (
	"time"
	"unique"
)

// APIVersion is the only version of the format there is.
const APIVersion = "gradesync.dev/v1"

// Pos is the place of a value: a file as the user named it, and a line and a
// column that both count from 1. The zero Pos means "nowhere in a file". There is
// one for every value, and values are many, so it is small.
type Pos struct {
	File         FileName
	Line, Column int32
}

// At is the place in a file; its line and column count from 1, and 0 is the whole
// file.
func At(file string, line, column int) Pos { return Pos{InFile(file), int32(line), int32(column)} }

// Equal is ==.
func (p Pos) Equal(q Pos) bool { return p == q }

// FileName is the name of a file, kept once for all places in it. The zero one is
// "".
type FileName struct{ name unique.Handle[string] }

// InFile is the FileName of a name.
func InFile(name string) FileName {
	if name == "" {
		return FileName{}
	}
	return FileName{unique.Make(name)}
}

func (f FileName) String() string {
	if f == (FileName{}) {
		return ""
	}
	return f.name.Value()
}

// State says what a document says about a value.
type State uint8

const (
	Unmanaged State = iota // the document does not name it: the live value stays
	Clear                  // the document names it as null (or "" for a string): the live value goes
	Set                    // the document gives a value
)

// Opt is a value that a document may leave out. Its zero value is unmanaged.
type Opt[T any] struct {
	Value T // meaningful only when State is Set
	State State
	Pos   Pos // of the value; of the defaults' value where it came from there
}

// Named tells whether the document says anything about the value.
func (o Opt[T]) Named() bool { return o.State != Unmanaged }

// IsSet tells whether the document gives a value.
func (o Opt[T]) IsSet() bool { return o.State == Set }

// The rules in the tags, after the key:
//
//	required     the key must be there
//	unless=KEY   lifts required where KEY is true
//	clear        null (and "" for a string) clears; without it both are errors
//	max=N        at most N characters
//	min=N        a list or mapping of at least N entries
//	empty        an empty list says something else than none
//	positive     a number > 0        nonnegative  a number >= 0
//	url          an absolute http(s) URL without credentials or a fragment
//	origin       as url, without path, query
//	host         host or host:port
//	oneof=A|B    one of these words
//	percent      a number from 0 to 100 followed by %, as in 50%
//
// Strings must be written as strings (123 wants quotes), are never blank, and
// hold no control characters other than tab and newline. Of a Secret, env is the
// name of a variable and file is no key. No value is longer than 1 MiB.

// Metadata names a document.
type Metadata struct {
	Name Opt[string] `spec:"name,required,max=256" doc:"The document's name, unique among documents of its kind."`
}

// Gradebook is what a course's gradebook shall be (design: desired).
type Gradebook struct {
	Pos       Pos         `spec:"-"`
	Metadata  Metadata    `spec:"metadata,required" doc:"Names the document."`
	Platform  Opt[string] `spec:"platform" doc:"The name of a Platform document. May be left out where there is exactly one."`
	Contexts  []Context   `spec:"contexts,required,min=1" doc:"The course sections that get these line items."`
	Users     Users       `spec:"users" doc:"How rows name people, and what becomes of those who are not there."`
	Policy    Policy      `spec:"policy" doc:"What is kept back until it is allowed by name."`
	Defaults  Defaults    `spec:"defaults" doc:"Values for line items that do not name their own."`
	LineItems []LineItem  `spec:"lineItems,required" doc:"The columns of the gradebook."`
}

// Name is the document's name.
func (g *Gradebook) Name() string { return g.Metadata.Name.Value }

// Context is one course section.
type Context struct {
	Pos            Pos                 `spec:"-"`
	Name           Opt[string]         `spec:"name,required,max=256" doc:"The section's name in plans and reports."`
	Course         Opt[string]         `spec:"course" doc:"The course's id in the LMS, as in 101, in place of lineItemsURL and membershipsURL. For learningstudio, the sandbox, and ags with the profile canvas or moodle."`
	LineItemsURL   Opt[string]         `spec:"lineItemsURL,url" doc:"Where the course's line items are, as an LTI launch tells it, as in https://lms.example.edu/courses/101/lineitems."`
	MembershipsURL Opt[string]         `spec:"membershipsURL,url" doc:"Where the course's roster is, as an LTI launch tells it: for rows that name people by email or sourcedId."`
	ServiceKey     Secret              `spec:"serviceKey" doc:"Of ltiaas: the launch's service key, which does not expire."`
	Ltik           Secret              `spec:"ltik" doc:"Of ltiaas: the launch's ltik, good for a day."`
	LineItems      map[string]Override `spec:"lineItems" doc:"What differs in this section, by line item key, as in {hw2: {resourceLinkId: 1g3k4d}}."`
	// Scores are the rows of Scores documents for this context, by line item
	// key, in the order of the documents and of their rows. Load fills it in.
	Scores map[string][]Score `spec:"-"`
}

// Users says how rows name people.
type Users struct {
	Pos      Pos         `spec:"-"`
	By       Opt[string] `spec:"by,oneof=userId|email|sourcedId" doc:"What a matrix's user column holds: the userId of LTI, the email, or the registrar's sourcedId; default userId."`
	Unknown  Opt[string] `spec:"unknown,oneof=error|skip" doc:"What becomes of a row about somebody who is not in the roster: error stops the context, skip leaves the row out; default error."`
	Inactive Opt[string] `spec:"inactive,oneof=skip|error" doc:"What becomes of a row about somebody who has left the course: skip leaves it out, error stops the context; default skip."`
	Map      Opt[string] `spec:"map" doc:"A CSV file, relative to the document, with the columns userId and email or sourcedId: it wins over the roster."`
	// People are the rows of Map, in its order. Load fills it in.
	People []Person `spec:"-"`
}

// Person is one row of a map file: a user id, and what files call its owner.
type Person struct {
	Pos              Pos
	UserID           string
	Email, SourcedID string // "" where the row has none
}

// Scores gives scores of one context from a sheet: see doc.go for what its rows
// mean. Exactly one of Matrix and LineItem is given; CSV goes with LineItem. The
// rows become Context.Scores.
type Scores struct {
	Pos       Pos         `spec:"-"`
	Metadata  Metadata    `spec:"metadata,required" doc:"Names the document."`
	Gradebook Opt[string] `spec:"gradebook,required" doc:"The name of the Gradebook document whose line items these are scores of."`
	Context   Opt[string] `spec:"context" doc:"The name of its context. May be left out where there is exactly one."`
	Matrix    *Matrix     `spec:"matrix" doc:"A wide sheet: a row a person, a column a line item."`
	LineItem  Opt[string] `spec:"lineItem" doc:"The key of the line item that a long sheet, csv, is of."`
	CSV       Opt[string] `spec:"csv" doc:"A long sheet of lineItem: the columns userId, email or sourcedId, scoreGiven, comment, and more fields of a score. Relative to the document."`
	Clear     Opt[string] `spec:"clear" doc:"The word that takes a score away in a cell, as in CLEAR; without one no cell does, for blank cells are left alone."`
}

// Matrix is a wide sheet. Its header is the first of its first Skip+1 rows with
// a cell equal to User; the others of those rows are passed over, above the
// header (a title) and below it (an LMS's Points Possible). Headers are compared
// exactly, but for blanks, and else without regard to case.
type Matrix struct {
	Pos     Pos                    `spec:"-"`
	CSV     Opt[string]            `spec:"csv,required" doc:"The file, relative to the document."`
	User    Opt[string]            `spec:"user" doc:"The header of the column that names people; default what users.by says."`
	Skip    Opt[int]               `spec:"skip,nonnegative" doc:"How many rows at the top beside the header name nobody, before or after it, as does the row of Points Possible; default 0."`
	Columns map[string]Opt[string] `spec:"columns" doc:"The header of a line item's column, by line item key; without one it is the key or the label."`
}

// Override is what one context changes of a line item.
type Override struct {
	Pos            Pos         `spec:"-"`
	ResourceLinkID Opt[string] `spec:"resourceLinkId,clear" doc:"The resource link that the column belongs to in this section."`
}

// Defaults are as if written on each line item.
type Defaults struct {
	ScoreMaximum   Opt[float64]        `spec:"scoreMaximum,positive" doc:"The points of a full score, as in 50."`
	Tag            Opt[string]         `spec:"tag,clear,max=256" doc:"A word of your own for line items of one sort, as in homework. Students do not see it."`
	StartDateTime  Opt[time.Time]      `spec:"startDateTime,clear" doc:"When work may begin: a wish that few LMSs keep."`
	EndDateTime    Opt[time.Time]      `spec:"endDateTime,clear" doc:"When work must end: a wish that few LMSs keep."`
	GradesReleased Opt[bool]           `spec:"gradesReleased,clear" doc:"Whether students shall see the grades: a wish that few LMSs keep."`
	Extensions     map[string]Opt[any] `spec:"extensions" doc:"What an LMS takes beyond the standard, by the full URL that it documents."`
}

// LineItem is a column of the gradebook as the file wants it. After Load the
// defaults are already in it.
type LineItem struct {
	Pos            Pos                 `spec:"-"`
	Key            Opt[string]         `spec:"key,max=256" doc:"The line item's name in these files, in plans and on the command line, as in hw1; by default its resourceId, else its label."`
	Label          Opt[string]         `spec:"label,required,unless=absent,max=256" doc:"The column's title, as in Homework 1."`
	ScoreMaximum   Opt[float64]        `spec:"scoreMaximum,positive" doc:"The points of a full score, as in 50."`
	ResourceID     Opt[string]         `spec:"resourceId,max=256" doc:"Your own id of the line item, as in hw1: the LMS's column is found by it, whatever its title."`
	Tag            Opt[string]         `spec:"tag,clear,max=256" doc:"A word of your own for line items of one sort, as in homework. Students do not see it."`
	ResourceLinkID Opt[string]         `spec:"resourceLinkId,clear" doc:"The LMS's id of the link to an activity that the column belongs to."`
	StartDateTime  Opt[time.Time]      `spec:"startDateTime,clear" doc:"When work may begin: a wish that few LMSs keep."`
	EndDateTime    Opt[time.Time]      `spec:"endDateTime,clear" doc:"When work must end: a wish that few LMSs keep."`
	GradesReleased Opt[bool]           `spec:"gradesReleased,clear" doc:"Whether students shall see the grades: a wish that few LMSs keep."`
	Extensions     map[string]Opt[any] `spec:"extensions" doc:"What an LMS takes beyond the standard, by the full URL that it documents. Values are what JSON can hold."`
	ID             Opt[string]         `spec:"id" doc:"The id that the LMS has given to the column, with AGS a URL: this column and no other."`
	Was            []Opt[string]       `spec:"was" doc:"Former resourceIds, tried in this order: the column that bears one gets the new resourceId and keeps its grades."`
	Absent         Opt[bool]           `spec:"absent" doc:"true deletes the column; default false."`
	Scores         []Score             `spec:"scores" doc:"Scores, where the Gradebook has exactly one context. Others have them in Scores documents."`
}

// Tombstone tells whether the line item shall be deleted.
func (li *LineItem) Tombstone() bool { return li.Absent.Value }

// Score is one person's score as the file wants it. Exactly one of UserID,
// Email and SourcedID is given.
type Score struct {
	Pos              Pos          `spec:"-"`
	UserID           Opt[string]  `spec:"userId" doc:"The person's LTI user id (the launch's sub)."`
	Email            Opt[string]  `spec:"email" doc:"The person's email, looked up in the roster without regard to case."`
	SourcedID        Opt[string]  `spec:"sourcedId" doc:"The person's id in the student information system, looked up in the roster."`
	ScoreGiven       Opt[float64] `spec:"scoreGiven,clear,nonnegative" doc:"The points, as in 42.5. More than the maximum is legal. null takes the score away."`
	ScoreMaximum     Opt[float64] `spec:"scoreMaximum,positive" doc:"What scoreGiven is of, as in 10 for 7.5 of 10; by default the line item's scoreMaximum."`
	Comment          Opt[string]  `spec:"comment,clear" doc:"Plain text that the student sees beside the grade."`
	ActivityProgress Opt[string]  `spec:"activityProgress,oneof=Initialized|Started|InProgress|Submitted|Completed" doc:"How far the student is. Initialized: not begun, or reset; Started: begun; InProgress: at work on it; Submitted: handed in, and may be handed in again; Completed: done. No LMS tells it back; default Completed."`
	GradingProgress  Opt[string]  `spec:"gradingProgress,oneof=NotReady|Failed|Pending|PendingManual|FullyGraded" doc:"How far the grading is. NotReady: not begun, as nothing was handed in; Pending: it goes on by itself; PendingManual: somebody has to grade; Failed: it came to no grade; FullyGraded: the score is final. With another word than FullyGraded an LMS may show no score; Moodle takes away the one that is there; Canvas counts PendingManual as well. No LMS tells it back; default FullyGraded."`
	Submission       Submission   `spec:"submission" doc:"When the work was begun and handed in."`
	ScoringUserID    Opt[string]  `spec:"scoringUserId" doc:"The LTI user id of the person who gave the score."`
	LetterGrade      Opt[string]  `spec:"letterGrade,clear" doc:"Of LearningStudio: the letter grade."`
	ShareWithStudent Opt[bool]    `spec:"shareWithStudent" doc:"Of LearningStudio: whether the student sees the grade."`
}

// Submission says when the work was begun and handed in.
type Submission struct {
	StartedAt   Opt[time.Time] `spec:"startedAt" doc:"When the work was begun."`
	SubmittedAt Opt[time.Time] `spec:"submittedAt" doc:"When the work was handed in; not before startedAt."`
}

// Platform is a connection to an LMS. Exactly one of its kinds is given.
type Platform struct {
	Pos            Pos             `spec:"-"`
	Metadata       Metadata        `spec:"metadata,required" doc:"Names the document."`
	AGS            *AGS            `spec:"ags" doc:"An LMS that speaks LTI Assignment and Grade Services 2.0, as most do."`
	LTIAAS         *LTIAAS         `spec:"ltiaas" doc:"The LTIAAS service."`
	LearningStudio *LearningStudio `spec:"learningstudio" doc:"Pearson LearningStudio."`
	Sandbox        *Sandbox        `spec:"sandbox" doc:"The LMS that is built in, for trying things out."`
	Limits         Limits          `spec:"limits" doc:"How much may be asked of the LMS at once."`
	Policy         Policy          `spec:"policy" doc:"A floor under every Gradebook's policy: the strictest counts, and no command line releases it."`
}

// Name is the document's name.
func (p *Platform) Name() string { return p.Metadata.Name.Value }

// AGS says how to reach a platform that speaks AGS natively.
type AGS struct {
	Pos          Pos           `spec:"-"`
	TokenURL     Opt[string]   `spec:"tokenURL,required,url" doc:"Where tokens are asked for: the LMS's OAuth 2 token endpoint."`
	ClientID     Opt[string]   `spec:"clientID,required" doc:"The tool's client id, which the LMS hands back when the tool is registered."`
	KeyID        Opt[string]   `spec:"keyID,required" doc:"The name (kid) of the tool's key, as in the public key that the LMS was given."`
	PrivateKey   Secret        `spec:"privateKey,required" doc:"The tool's RSA private key, PEM."`
	DeploymentID Opt[string]   `spec:"deploymentID" doc:"The id of the tool's installation, which the LMS hands back. Some LMSs require it."`
	Audience     Opt[string]   `spec:"audience" doc:"Whom the token request is addressed to (aud), where the LMS wants something else; default tokenURL."`
	Hosts        []Opt[string] `spec:"hosts,host" doc:"Further hosts that may be sent the token, where the LMS keeps its line items elsewhere."`
	URL          Opt[string]   `spec:"url,url" doc:"The LMS's root, below which a context's course is found; default the origin of tokenURL."`
	Profile      Opt[string]   `spec:"profile,oneof=canvas|moodle|blackboard|d2l|sakai|openedx|ilias|small" doc:"Which LMS it is, so that its habits are known; without it the careful choice is made."`
}

// LTIAAS says how to reach an account of LTIAAS. Each context brings the
// serviceKey or the ltik of its launch.
type LTIAAS struct {
	Pos    Pos         `spec:"-"`
	URL    Opt[string] `spec:"url,required,origin" doc:"The account's address, as in https://your.ltiaas.com."`
	APIKey Secret      `spec:"apiKey,required" doc:"The account's API key."`
}

// LearningStudio says how to reach Pearson LearningStudio. oauth1 wants
// consumerKey and secret, oauth2-password clientString, username and password.
type LearningStudio struct {
	Pos           Pos         `spec:"-"`
	URL           Opt[string] `spec:"url,required,origin" doc:"The API's address, as in https://api.learningstudio.com."`
	Auth          Opt[string] `spec:"auth,required,oneof=oauth1|oauth2-password" doc:"How requests are proved: oauth1 signs each, oauth2-password asks for a token in a user's name."`
	ApplicationID Opt[string] `spec:"applicationID,required" doc:"The application's id."`
	ConsumerKey   Opt[string] `spec:"consumerKey" doc:"Of oauth1: the consumer key."`
	Secret        Secret      `spec:"secret" doc:"Of oauth1: the shared secret."`
	ClientString  Opt[string] `spec:"clientString" doc:"Of oauth2-password: the campus."`
	Username      Opt[string] `spec:"username" doc:"Of oauth2-password: the user."`
	Password      Secret      `spec:"password" doc:"Of oauth2-password: the user's password."`
}

// Sandbox is the embedded LMS.
type Sandbox struct {
	Pos     Pos         `spec:"-"`
	File    Opt[string] `spec:"file" doc:"Where its state is kept, relative to the document; in memory when left out."`
	Profile Opt[string] `spec:"profile,oneof=canvas|moodle|blackboard|d2l|sakai|openedx|ilias|small" doc:"Which LMS it imitates; without it none but the specification."`
}

// Secret says where a secret is; it is never in the document itself.
// Exactly one of its fields is given. A relative file is relative to the
// document's folder and may be anywhere.
type Secret struct {
	Pos  Pos         `spec:"-"`
	Env  Opt[string] `spec:"env" doc:"The environment variable that holds it."`
	File Opt[string] `spec:"file" doc:"The file that holds it; a trailing newline is cut."`
}

// Limits says how hard a platform may be asked. Load fills in the defaults.
type Limits struct {
	Concurrency       Opt[int]           `spec:"concurrency,positive" doc:"How many requests may be under way at once; default 8."`
	RequestsPerSecond Opt[float64]       `spec:"requestsPerSecond,nonnegative" doc:"How many requests a second, 0 for no limit; default 50."`
	Timeout           Opt[time.Duration] `spec:"timeout,positive" doc:"How long one request may take; default 30s."`
	Settle            Opt[time.Duration] `spec:"settle,nonnegative" doc:"How long what was written may take to show when it is read back; default 10s."`
	MaxPages          Opt[int]           `spec:"maxPages,positive" doc:"How many pages a listing may have; default 1000."`
}

// Policy says which dangerous changes are kept back until they are allowed by
// name (design: guard rails). A Platform's is a floor under the Gradebooks'.
type Policy struct {
	Pos         Pos         `spec:"-"`
	Overrides   Opt[string] `spec:"overrides,oneof=keep|overwrite|fail" doc:"What becomes of a value that somebody changed by hand in the LMS, where a base tells: keep leaves it, overwrite writes the file's over it, fail stops the context; default keep."`
	Prune       *Prune      `spec:"prune" doc:"Delete the LMS's columns that no file names and that bear this mark. Of a Gradebook only; default none are deleted."`
	Max         Max         `spec:"max" doc:"How much may change in one run before it is held."`
	PassMark    Opt[string] `spec:"passMark,percent" doc:"The share of the maximum that passes, as in 50%: crossings are counted."`
	RequireBase Opt[bool]   `spec:"requireBase" doc:"Hold changes of grades of which no base tells who set them; default false."`
	Allow       []Allow     `spec:"allow,empty" doc:"Risks that need not be allowed on the command line. Of a Platform: the only ones that may be allowed at all."`
}

// Prune is the mark of the line items that are this Gradebook's alone.
// Exactly one of its fields is given.
type Prune struct {
	Pos              Pos         `spec:"-"`
	ResourceIDPrefix Opt[string] `spec:"resourceIdPrefix" doc:"How their resourceIds begin, as in bio101/."`
	Tag              Opt[string] `spec:"tag" doc:"Their tag, as in homework."`
}

// Max is how much may change in one run. What is left out has the default
// (of a Gradebook) or no limit (of a Platform).
type Max struct {
	Pos            Pos          `spec:"-"`
	Deletes        Opt[int]     `spec:"deletes,nonnegative" doc:"How many empty columns may be deleted in a context; default 3."`
	DeletesPercent Opt[float64] `spec:"deletesPercent,nonnegative" doc:"How many columns may be deleted in a context, in percent of those in the LMS that the files name or prune; default 50."`
	Lowered        Opt[int]     `spec:"lowered,nonnegative" doc:"How many scores may be lowered in a line item; default 10."`
	Drop           Opt[float64] `spec:"drop,nonnegative" doc:"By how much one score may fall, in percent of the maximum, as in 20; default unlimited."`
	Changes        Opt[int]     `spec:"changes,nonnegative" doc:"How many line items and scores may change in a context; default unlimited."`
}

// Allow releases a risk, of one line item or of all.
type Allow struct {
	Pos  Pos         `spec:"-"`
	Risk Opt[string] `spec:"risk,required,oneof=delete-graded|delete-unread|clear|rescale|overwrite-override|unproven-listing|duplicate-label|unread-comment|no-base|deletes|deletesPercent|lowered|drop|changes" doc:"The risk's name, as the plan prints it."`
	Item Opt[string] `spec:"item" doc:"The line item's key; all when left out."`
}
