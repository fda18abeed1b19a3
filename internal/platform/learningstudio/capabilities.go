package learningstudio

import "github.com/gradesync/gradesync/reconcile"

// fixedColumns says where columns come from.
const fixedColumns = "in LearningStudio itself: columns are the course's content items and what the instructor adds in the gradebook's setup"

// Capabilities are the same for every course. How many decimals are kept, and
// whether a change of the points rescales grades, is not known.
func (p *Platform) Capabilities() reconcile.Capabilities {
	return reconcile.Capabilities{
		Comments:     reconcile.CommentReplace,
		FixedColumns: fixedColumns,
		NoProgress:   true,
		Letters:      true,
		Fields: map[string]reconcile.Keeping{
			"label": reconcile.KeptFromCreate, "resourceLinkId": reconcile.KeptFromCreate,
			"resourceId": reconcile.NotKept, "tag": reconcile.NotKept, "startDateTime": reconcile.NotKept,
			"endDateTime": reconcile.NotKept, "gradesReleased": reconcile.NotKept, "extensions": reconcile.NotKept,
		},
		Bounds: reconcile.Bounds{NumericIDs: true},
	}
}
