#!/bin/sh
# Snapshots machines that are LXD virtual machines, as `snapshotCommand` of a stack:
#   pulumi config set --path 'snapshotCommand[0]' /srv/openstack-lab/examples/snapshots/lxd.sh
#   pulumi config set --path 'snapshotCommand[1]' vmhost1:        # the LXD remote, with its colon; without it, the default one
#   pulumi config set --path 'snapshotCommand[2]' maas            # the LXD project; without it, the default one
#   pulumi config set restoreHint 'lxc stop --force vmhost1:<machine>; lxc restore vmhost1:<machine> <name of the run directory>'
# MAAS composes a virtual machine under its hostname. The snapshot is named like the run directory; one that is there already is
# kept, so that a command that was stopped makes what is missing when it runs again. It fails when one machine cannot be
# snapshotted: then nothing is destroyed.
set -eu
: "${MACHINES:?is set by the teardown}" "${RUN_DIRECTORY:?is set by the teardown}"
remote=${1-}
project=${2-default}
snapshot=$(basename "$RUN_DIRECTORY")

# All are there, before the first one is touched.
for machine in $MACHINES; do
  lxc --project "$project" config show "$remote$machine" >/dev/null || {
    echo "$machine: is not in the project $project of ${remote:-the default remote}" >&2
    exit 1
  }
done

for machine in $MACHINES; do
  if lxc --project "$project" config show "$remote$machine/$snapshot" >/dev/null 2>&1; then
    echo "$machine: has $snapshot already"
  else
    # Without its memory: a restored machine boots as after a power failure.
    lxc --project "$project" snapshot "$remote$machine" "$snapshot"
    echo "$machine: $snapshot"
  fi
done
