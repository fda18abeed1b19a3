package revision

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// entry is a file, folder, link or submodule of a tree.
type entry struct {
	name string
	mode fs.FileMode // io/fs's, with its type
	id   string      // "" for a submodule, whose commit is in another repository
}

var errDamaged = errors.New("the repository is damaged: a folder's listing cannot be read")

// parseTree reads a tree object: `<mode> <name>\0<id>` over and over. A name that
// no file can have is refused, as it was made to lead elsewhere.
func parseTree(data []byte, idBytes int) ([]entry, error) {
	var entries []entry
	seen := map[string]bool{}
	for len(data) > 0 {
		space, zero := bytes.IndexByte(data, ' '), bytes.IndexByte(data, 0)
		if space < 0 || zero < space || len(data) < zero+1+idBytes {
			return nil, errDamaged
		}
		e := entry{name: string(data[space+1 : zero]), id: hex.EncodeToString(data[zero+1 : zero+1+idBytes])}
		bits, err := strconv.ParseUint(string(data[:space]), 8, 32)
		if err != nil {
			return nil, errDamaged
		}
		switch bits & 0o170000 {
		case 0o040000:
			e.mode = fs.ModeDir | 0o755
		case 0o100000:
			e.mode = 0o644
			if bits&0o100 != 0 {
				e.mode = 0o755
			}
		case 0o120000:
			e.mode = fs.ModeSymlink | 0o777
		case 0o160000:
			e.mode, e.id = fs.ModeDir|0o755, ""
		default:
			return nil, errDamaged
		}
		if e.name == "" || e.name == "." || e.name == ".." || strings.Contains(e.name, "/") {
			return nil, fmt.Errorf("the repository is damaged: %q is no name for a file", e.name)
		}
		if seen[e.name] {
			return nil, fmt.Errorf("the repository is damaged: a folder holds %q twice", e.name)
		}
		seen[e.name] = true
		entries = append(entries, e)
		data = data[zero+1+idBytes:]
	}
	return entries, nil
}

// commit is what the beginning of a commit object says, whatever a shallow clone
// hides of it.
type commit struct {
	tree    string
	parents []string
}

func parseCommit(data []byte, hexLen int) (commit, error) {
	var c commit
	for line := range strings.Lines(string(data)) {
		key, id, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if (key == "tree" || key == "parent") && !isHash(id, hexLen) {
			break
		}
		switch key {
		case "tree":
			c.tree = id
			continue
		case "parent":
			c.parents = append(c.parents, id)
			continue
		}
		break // the author: the parents are all read
	}
	if c.tree == "" {
		return commit{}, errors.New("the repository is damaged: a commit cannot be read")
	}
	return c, nil
}

// isHash is whether s is a whole object id.
func isHash(s string, hexLen int) bool {
	return len(s) == hexLen && strings.Trim(s, "0123456789abcdef") == ""
}
