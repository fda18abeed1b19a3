package sandbox

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gradesync/gradesync/internal/quirk"
)

// judge refuses what some platforms cannot take.
func (h habits) judge(item LineItem) error {
	switch {
	case h.has(quirk.NumericIDs) && item.ResourceLinkID != "" && !isNumber(item.ResourceLinkID),
		h.has(quirk.LargeMaximum502) && item.ScoreMaximum >= 100_000,
		h.has(quirk.LongText502) && utf8.RuneCountInString(item.Label) > 255:
		return badGateway()
	case h.has(quirk.NeedsResourceID) && item.ResourceID == "":
		return badRequest("resourceId is required")
	case h.has(quirk.WholeMaximum) && item.ScoreMaximum != math.Trunc(item.ScoreMaximum):
		return badRequest("scoreMaximum is not a whole number")
	}
	return nil
}

// overlong tells of texts that fail only after the column is made.
func (h habits) overlong(item LineItem) bool {
	return h.has(quirk.LongText502) && (utf8.RuneCountInString(item.ResourceID) > 512 || utf8.RuneCountInString(item.Tag) > 255)
}

// bend makes of a line item what the platform keeps of it.
func (h habits) bend(item *LineItem) {
	if h.has(quirk.DropsDates) {
		item.StartDateTime, item.EndDateTime = "", ""
	}
	if h.has(quirk.DropsReleased) {
		item.GradesReleased = nil
	}
	if h.has(quirk.DropsExtensions) {
		item.Extra = nil
	}
	if h.has(quirk.DropsResourceID) {
		item.ResourceID = ""
	}
	if h.has(quirk.DropsTag) {
		item.Tag = ""
	}
	if h.has(quirk.SubstitutesLabel) {
		item.Label = fmt.Sprintf("Column %d", item.Number)
	}
	if h.has(quirk.SubstitutesMaximum) {
		item.ScoreMaximum = 100
	}
}

// cleared names the members that are unset now and were set before.
func (h habits) cleared(old, now *LineItem) []string {
	if !h.has(quirk.BlankForCleared) {
		return nil
	}
	var names []string
	for _, one := range []struct{ name, old, now string }{
		{"resourceId", old.ResourceID, now.ResourceID}, {"tag", old.Tag, now.Tag},
	} {
		if one.now == "" && (one.old != "" || slices.Contains(old.Cleared, one.name)) {
			names = append(names, one.name)
		}
	}
	return names
}

func isNumber(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}
