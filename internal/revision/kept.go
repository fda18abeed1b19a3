package revision

import (
	"context"
	"fmt"
	"strings"
)

const keptRefs = "refs/gradesync/record/"

// Keep stores what there is to know of a recorded revision beside what the
// commit says, as a blob under a ref of its own. It goes wherever
// refs/gradesync/* goes.
func (r *Repo) Keep(ctx context.Context, gradebook string, data []byte) error {
	ref := keptRef(gradebook)
	out, _, err := r.git.feed(ctx, data, "hash-object", "-w", "--no-filters", "--stdin")
	id := strings.TrimSpace(string(out))
	if err == nil && !isHash(id, r.hexLen) {
		err = &failure{-1, fmt.Sprintf("hash-object answered %q", id)}
	}
	if err == nil {
		_, _, err = r.git.run(ctx, "update-ref", "--no-deref", ref, id)
	}
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", ref, err)
	}
	return nil
}

// Kept is what Keep stored last; nil: nothing.
func (r *Repo) Kept(ctx context.Context, gradebook string) ([]byte, error) {
	id, err := r.read(ctx, keptRef(gradebook))
	if err != nil || id == "" {
		return nil, err
	}
	return r.objects.read(ctx, id, "blob")
}

func keptRef(gradebook string) string {
	return keptRefs + strings.TrimPrefix(Ref(gradebook), refs)
}
