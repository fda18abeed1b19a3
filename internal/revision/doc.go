// Package revision reads files as they were at a git revision, and keeps the
// name of the revision that was applied last.
//
// [Open] finds the repository that holds a folder, [Repo.Resolve] turns what a
// user wrote into a commit, [Repo.Tree] is that commit's files as an [io/fs.FS],
// [Repo.Later] the commits since, and [Repo.Was] the names that today's files
// had then. The revision applied last is a ref for each gradebook, see [Ref]:
// [Repo.Applied] reads it and [Repo.Record] moves it.
//
// It promises that
//   - nothing but Record writes, and Record writes that one ref: the work tree,
//     the index, configuration and branches stay as they are;
//   - no program but git runs: no hook, file system monitor, filter, pager or
//     question for a password, and nothing is fetched;
//   - what the environment says of repositories (GIT_DIR in a hook) does not
//     count: the folder does;
//   - a revision is the whole truth or an error: a history that a shallow clone
//     has cut is not taken for a short one, and an ambiguous name is refused;
//   - a repository made to do harm costs bounded memory, and leads to no file
//     outside of its own commits.
//
// It needs git 2.28 or newer. Files come as the commit holds them: without a
// filter or a change of line ends. A submodule is an empty folder. A file in Git
// LFS, of which the commit holds only a pointer, is an error when it is opened.
//
// Errors for people are of type [Error]. Names of files in them, and what git
// itself said, are text from elsewhere: what shows them makes them inert.
package revision
