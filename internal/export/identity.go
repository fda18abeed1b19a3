package export

import (
	"strings"

	"github.com/gradesync/gradesync/plan"
	"github.com/gradesync/gradesync/spec"
)

// identities knows by what each live line item can be told from the others.
type identities struct {
	resources map[string][]*plan.LineItem // by resourceId, where there is one
	labels    map[string]int              // how many without a resourceId bear a label
	links     map[string]int
	tagged    map[string]bool // resourceIds whose line items differ in their tags
}

func (s *section) identities(live []*plan.LineItem) identities {
	ids := identities{map[string][]*plan.LineItem{}, map[string]int{}, map[string]int{}, map[string]bool{}}
	for _, li := range live {
		if blank(li.ResourceID) {
			ids.labels[li.Label]++
		} else {
			ids.resources[li.ResourceID] = append(ids.resources[li.ResourceID], li)
		}
		ids.links[li.ResourceLinkID]++
	}
	for id, twins := range ids.resources {
		ids.tagged[id] = s.differ(twins)
	}
	return ids
}

// differ tells whether line items of one resourceId all stand in the document,
// each with a tag of its own: only so is the tag part of their identity.
func (s *section) differ(twins []*plan.LineItem) bool {
	tags := map[string]bool{}
	for _, li := range twins {
		if s.unfit(li) != "" || unfitText(li.Tag, 256) != "" || s.fields[field{li.ID, "tag"}] || tags[li.Tag] {
			return false
		}
		tags[li.Tag] = true
	}
	return true
}

// into gives a line item of the document its identity: the resourceId where it
// is one, nothing more where the title will do, else the id. why is why the id
// is needed.
func (ids *identities) into(item *spec.LineItem, li *plan.LineItem) (why string) {
	switch {
	case blank(li.ResourceID):
		linked := !blank(li.ResourceLinkID) && ids.links[li.ResourceLinkID] > 1
		if ids.labels[li.Label] == 1 && !linked {
			return ""
		}
		why = "it has no resourceId, and another column has its title or its resource link"
	case unfitText(li.ResourceID, 256) != "":
		why = "its resourceId " + unfitText(li.ResourceID, 256)
	case len(ids.resources[li.ResourceID]) == 1, ids.tagged[li.ResourceID]:
		item.ResourceID = said(li.ResourceID)
		return ""
	default:
		why = "another column has its resourceId, and nothing else tells them apart"
	}
	item.ID = said(li.ID)
	return why
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
