package learningstudio

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gradesync/gradesync/plan"
)

// itemBody is a gradebook item as it is written. What does not stand in the
// answer that it is made of is not sent.
type itemBody struct {
	Item struct {
		Points     float64         `json:"pointsPossible"`
		IsIncluded json.RawMessage `json:"isIncludedInGrade,omitempty"`
		IsExtra    json.RawMessage `json:"isExtraCredit,omitempty"`
	} `json:"gradebookItem"`
}

// ReplaceLineItem puts the scoreMaximum, which is all that can be changed; how
// the item counts goes back as it is.
func (p *Platform) ReplaceLineItem(ctx context.Context, li plan.LineItem, _ []string) error {
	i, err := p.item(ctx, li.ID)
	if err != nil {
		return unwritten(err, writing)
	}
	if i.Points.or(0) == li.ScoreMaximum {
		return nil
	}
	var body itemBody
	body.Item.Points, body.Item.IsIncluded, body.Item.IsExtra = li.ScoreMaximum, i.IsIncluded, i.IsExtra
	a, err := p.client.do(ctx, call{op: "put gradebook item", method: http.MethodPut, path: p.in("gradebook", "gradebookItems", li.ID), body: body})
	if err != nil {
		return fault(err, writing)
	}
	if !a.ok() {
		return fault(a.refusal, writing)
	}
	p.scales.wrote(li.ID, li.ScoreMaximum)
	return nil
}
