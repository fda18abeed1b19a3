package sandbox

import (
	"bytes"
	"cmp"
	"errors"
	"net/http"
	"net/url"

	"github.com/gradesync/gradesync/internal/quirk"
)

func (s *Sandbox) createScore(c *call) (answer, error) {
	if _, err := s.lineItemOf(c); err != nil {
		return answer{}, err
	}
	sc, err := decodeScore(c.body)
	sc.stamped = c.stamped
	if err == nil {
		err = s.store.commit(func(st *State) (*State, error) { return s.rules(c).postScore(st, c.path.course, c.path.item, sc) })
	}
	status := http.StatusNoContent
	if s.has(quirk.RefusesWith200) {
		status = http.StatusOK
		refused := (*problem)(nil)
		if errors.As(err, &refused) && refused.status == http.StatusBadRequest && bytes.ContainsAny(bytes.TrimSpace(c.body), "\r\n") {
			return answer{status: status, mediaType: typeJSON, body: []string{}}, nil
		}
	}
	return answer{status: status}, err
}

// shownResult is a result as AGS shows it. It says neither when nor by whom.
type shownResult struct {
	ID            string   `json:"id,omitzero"`
	ScoreOf       string   `json:"scoreOf,omitzero"`
	UserID        string   `json:"userId"`
	ResultScore   *float64 `json:"resultScore,omitempty"`
	ResultMaximum float64  `json:"resultMaximum,omitzero"`
	Comment       string   `json:"comment,omitempty"`
	ScoringUserID string   `json:"scoringUserId,omitempty"`
}

// listResults shows everyone with a score or a comment.
func (s *Sandbox) listResults(c *call) (answer, error) {
	item, err := s.lineItemOf(c)
	if err != nil {
		return answer{}, err
	}
	if s.has(quirk.ResultsLimit404) && c.query.Has("limit") && len(item.Results) > 0 {
		return answer{}, &oddity{answer{status: http.StatusNotFound, mediaType: typeHTML, body: raw("<html><body><h1>404 Not Found</h1></body></html>")}}
	}
	results := keep(item.Results, func(r *Result) bool {
		return (r.Score != nil || r.Comment != "" || s.has(quirk.ClearedShowsUser)) && c.asked("user_id", r.UserID)
	})
	results, turn, err := page(s, c, results, (*Result).key)
	if err != nil {
		return answer{}, err
	}
	shown := make([]shownResult, len(results))
	self := s.itemURL(c, item.Number)
	for at, r := range results {
		shown[at] = s.showResult(c, self, item, r)
	}
	return answer{status: http.StatusOK, mediaType: typeResults, body: shown, header: turn.header, pages: turn.pages}, nil
}

func (s *Sandbox) showResult(c *call, self string, item *LineItem, r *Result) shownResult {
	shown := shownResult{
		ID:            below(self, "/results/"+url.PathEscape(r.UserID)),
		ScoreOf:       self,
		UserID:        r.UserID,
		ResultScore:   r.Score,
		ResultMaximum: cmp.Or(r.Maximum, item.ScoreMaximum),
		Comment:       r.Comment,
		ScoringUserID: r.ScoringUserID,
	}
	if r.Score == nil && s.has(quirk.ClearedShowsUser) {
		shown = shownResult{ID: shown.ID, UserID: r.UserID}
	}
	if s.has(quirk.BareResults) {
		shown.ID, shown.ScoreOf = "", ""
	}
	if s.has(quirk.CommentsHidden) || s.has(quirk.UserFilterNoComment) && c.query.Has("user_id") {
		shown.Comment = ""
	}
	return shown
}
