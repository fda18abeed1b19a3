package sandbox

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// studio is the face of Pearson LearningStudio. A column is a gradebook item,
// named by a GUID, and hangs on a content item, which has a number; a grade has
// a number too, and is written by saying which. Columns are made, named and
// removed in LearningStudio itself: here, with Update.
type studio struct {
	LearningStudio
	routes []*route
}

// LearningStudio is what a tool of that face is configured with. All but the
// two secrets are the same in every sandbox, so that documents can name them.
type LearningStudio struct {
	ApplicationID, ConsumerKey string // of OAuth 1
	Secret                     Credential
	ClientString, Username     string // of OAuth 2, with ApplicationID
	Password                   Credential
}

// Who the tool and its user are.
const (
	studioApplication  = "11111111-2222-3333-4444-555555555555"
	studioConsumerKey  = "66666666-7777-8888-9999-000000000000"
	studioClientString = "sandbox"
	studioUsername     = "teacher"
)

// The choices that no page of LearningStudio tells.
const (
	// studioWindow is how far a request's time may be from the platform's.
	studioWindow = 5 * time.Minute
	// studioRefreshLife is how long a refresh token lives. It may be used
	// again, as an answer that got lost would lock the tool out otherwise.
	studioRefreshLife = 24 * time.Hour
	// studioKeepsPoints: a column's new pointsPossible leaves grades as they are.
	studioKeepsPoints = true
	// studioWrongBody is for a body that does not say that it is JSON.
	studioWrongBody = http.StatusNotAcceptable
	// studioRefused is for a POST of a grade that exists, and a PUT with
	// another grade's id.
	studioRefused = http.StatusBadRequest
)

// studioRate is how many requests a second each application key may make.
const studioRate = 500

// What a 404 is about.
const (
	noGrade  = "Grade not found."
	noItem   = "Gradebook item not found."
	noPlace  = "Item not found."
	noCourse = "Course not found."
	noUser   = "User not found."
)

func openStudio(state string, f files) (*studio, error) {
	secret, err := f.keep(state, "secret", randomHex(16), func(v string) error {
		if len(v) != 32 {
			return errors.New("a shared secret has 32 characters")
		}
		return word(v)
	})
	if err != nil {
		return nil, err
	}
	password, err := f.keep(state, "password", randomHex(12), word)
	if err != nil {
		return nil, err
	}
	t := &studio{LearningStudio: LearningStudio{
		ApplicationID: studioApplication, ConsumerKey: studioConsumerKey, Secret: secret,
		ClientString: studioClientString, Username: studioUsername, Password: password,
	}}
	t.routes = t.table()
	return t, nil
}

// LearningStudio is what a tool is configured with; the zero value on other
// faces.
func (s *Sandbox) LearningStudio() LearningStudio {
	if t, is := s.face.(*studio); is {
		return t.LearningStudio
	}
	return LearningStudio{}
}

func (t *studio) table() []*route {
	const (
		course = "/courses/{course}"
		items  = course + "/gradebookItems"
		grade  = "/users/{user}" + items + "/{item}/grade"
		same   = "/users/{user}" + course + "/gradebook/gradebookItems/{item}/grade"
	)
	routes := []*route{
		{http.MethodPost, TokenPath, kindToken, t.serveToken},
		{http.MethodGet, "/systemDateTime", kindOther, t.readTime},
		{http.MethodGet, course + "/items", kindOther, t.listContent},
		{http.MethodGet, course + "/items/{content}/gradebookItem", kindLineItem, t.readItemOfContent},
		{http.MethodGet, items, kindLineItems, t.listItems},
		{http.MethodGet, items + "/{item}", kindLineItem, t.readItem},
		{http.MethodPut, course + "/gradebook/gradebookItems/{item}", kindLineItem, t.putItem},
		{http.MethodGet, items + "/{item}/grades", kindResults, t.listGrades},
		{http.MethodPost, items + "/{item}/grades", kindScores, t.createGrades},
		{http.MethodGet, items + "/{item}/grades/{grade}", kindResults, t.readGradeByID},
		{http.MethodPut, items + "/{item}/grades/{grade}", kindScores, t.putGradeByID},
		{http.MethodDelete, items + "/{item}/grades/{grade}", kindScores, t.deleteGradeByID},
		{http.MethodGet, "/users/{user}" + course + "/userGradebookItems", kindResults, t.listItemsOfUser},
		{http.MethodGet, course + "/roster", kindMemberships, t.listRoster},
		{http.MethodGet, course + "/students", kindMemberships, t.listStudents},
	}
	for _, form := range []string{grade, same} {
		routes = append(routes,
			&route{http.MethodGet, form, kindResults, t.readGrade},
			&route{http.MethodPost, form, kindScores, t.createGrade},
			&route{http.MethodPut, form, kindScores, t.putGrade},
			&route{http.MethodDelete, form, kindScores, t.deleteGrade},
		)
	}
	return routes
}

// plain is the path without the suffix that says JSON, as none does.
func plain(c *call) string { return strings.TrimSuffix(c.request.URL.EscapedPath(), ".json") }

func (t *studio) route(_ *Sandbox, c *call) { c.routed(t.routes, plain(c)) }

func (t *studio) answer(s *Sandbox, c *call) (answer, error) {
	if strings.HasSuffix(c.request.URL.EscapedPath(), ".xml") {
		return answer{}, refuse(http.StatusNotAcceptable, "This sandbox speaks JSON alone, not XML.")
	}
	if c.route == nil {
		return answer{}, c.unrouted(t.routes, plain(c))
	}
	if err := c.readBody(); err != nil { // it is signed
		return answer{}, err
	}
	if !isOpen(c.route.form) {
		if err := t.authorize(s, c); err != nil {
			return answer{}, err
		}
	}
	writes := c.request.Method == http.MethodPost || c.request.Method == http.MethodPut
	if writes && c.path.kind != kindToken && !isType(c.request.Header.Get("Content-Type"), typeJSON) {
		return answer{}, refuse(studioWrongBody, "Content-Type must be "+typeJSON+".")
	}
	c.path.course = c.names["course"]
	return c.route.serve(s, c)
}

// isOpen: whoever has the wrong time, or no token yet, has to start somewhere.
func isOpen(form string) bool { return form == TokenPath || form == "/systemDateTime" }

type studioError struct {
	Error struct {
		Message string `json:"message"`
		ID      string `json:"errorId"`
	} `json:"error"`
}

func (t *studio) refusal(err error) answer {
	a := refusal(err)
	a.header.Del("WWW-Authenticate")
	var body studioError
	body.Error.Message, body.Error.ID = err.Error(), uuid(randomHex(16))
	a.body = body
	return a
}

func (t *studio) revoke(s *Sandbox, c *call) error {
	if token, is := strings.CutPrefix(c.request.Header.Get(studioHeader), studioBearer); is {
		s.tokens.revoke(strings.TrimSpace(token))
	}
	return refuse(http.StatusUnauthorized, "The credentials are expired.")
}

// repeat: nothing is in pages here.
func (t *studio) repeat(*Sandbox, *call, *message) bool { return false }

func (t *studio) readTime(s *Sandbox, c *call) (answer, error) {
	return studioAnswer("systemDateTime", object{"value": studioTime(c.now)}), nil
}

func studioTime(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

func studioAnswer(wrap string, body any) answer {
	return answer{status: http.StatusOK, mediaType: typeJSON, body: object{wrap: body}}
}

// number is an id as JSON shows it; it has been found to be one.
func number(id string) int64 {
	n, _ := strconv.ParseInt(id, 10, 64)
	return n
}
