#!/bin/sh
# The gradebook without a forge: for cron, Jenkins, or a terminal.
#
#   gradesync.sh plan    what an apply of the files as they lie here would write
#   gradesync.sh first   the first apply ever
#   gradesync.sh apply   make the LMS be what the branch says
#   gradesync.sh drift   is the LMS still as the files say?
#
# Run it inside the clone. It reads COURSE (the folder of the documents), BRANCH,
# GRADESYNC_SEAL_TO (an age recipient) and what the Platform document names. What
# it prints names nobody.
set -eu
course=${COURSE:-course}
branch=${BRANCH:-main}
CI=true # so that notes name nobody
export CI
cd "$(git rev-parse --show-toplevel)"

# One at a time in this clone and its worktrees: whoever comes second waits.
exec 9>"$(git rev-parse --git-common-dir)/gradesync.lock"
flock 9
git fetch --quiet origin '+refs/gradesync/*:refs/gradesync/*'

apply() {
  : "${GRADESYNC_SEAL_TO:?set it to an age recipient}"
  git fetch --quiet origin "$branch"
  git checkout --quiet --detach FETCH_HEAD
  gradesync apply -f "$course" "$@" --record --auto-approve -o markdown --seal-to "$GRADESYNC_SEAL_TO" || stopped $?
  git push --quiet origin '+refs/gradesync/*:refs/gradesync/*'
}

stopped() {
  case $1 in
    2) echo "Something is not applied." ;;
    3) echo "The files are invalid, do not fit, or something was set by hand: see above." ;;
    5) echo "Applied in part: run it again; it does the rest." ;;
    6) echo "Policy holds changes back. The words above let them go, for the Gradebook's policy.allow." ;;
    *) echo "It failed: see above." ;;
  esac >&2
  exit "$1"
}

recorded() { [ -n "$(git for-each-ref refs/gradesync/applied)" ]; }

case ${1:-} in
  plan)
    set -- --base auto
    recorded || set --
    gradesync plan -f "$course" "$@" -o markdown || stopped $?
    ;;
  first)
    if recorded; then apply --base auto; else apply; fi
    ;;
  apply)
    apply --base auto
    ;;
  drift)
    gradesync plan -f "$course" --base auto --overrides fail --detailed-exitcode -o markdown || stopped $?
    ;;
  *)
    echo "usage: gradesync.sh plan|first|apply|drift" >&2
    exit 64
    ;;
esac
