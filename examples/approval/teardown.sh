#!/bin/sh
# The steps of an approved teardown, for a pipeline or by hand (docs/approval.md). Run it in the project's folder.
#   teardown.sh plan STACK PLAN_FILE    prints what would be destroyed, as Markdown, and writes it down to be approved
#   teardown.sh approve STACK PLAN_FILE puts the plan's digest into the stack's file, to be committed and reviewed
#   teardown.sh destroy STACK WHY       destroys what was approved, and nothing else
#   teardown.sh verify STACK            looks afresh whether the lab is torn down; changes nothing
# Exit codes: 0 would go, destroyed, or met; 2 wrong usage; 3 would be refused, or not met; anything else: failed.
set -eu

usage() {
  sed -n 's/^#   //p' "$0" >&2
  exit 2
}
[ $# -ge 2 ] || usage
step=$1 stack=$2

case "$step $#" in
  "plan 3") npx openstack-lab plan --stack "$stack" --markdown --out "$3" ;;
  "approve 3")
    digest=$(sed -n 's/^  "digest": "\([0-9a-f]\{64\}\)",$/\1/p' "$3")
    pulumi config set approved "$digest" --stack "$stack" --non-interactive
    ;;
  "destroy 3") pulumi destroy --stack "$stack" --yes --non-interactive --message "$3" ;;
  "verify 2") npx openstack-lab verify --stack "$stack" ;;
  *) usage ;;
esac
