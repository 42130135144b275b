#!/bin/sh
# The runbook that the stack replaces, with its commands as written: capture, destroy-model beside one release after the
# other, then looking every 5 s until the exit criteria are met. The yardstick of `make bench`; nothing else uses it.
#
#   bench/runbook.sh openstack admin openstack0 openstack1 openstack2 openstack3 capi-mgmt
#
# Only what a person does by eye is added: jq picks out the system_ids and looks at the end. Marks for the clock go to stderr.
set -eu
model=$1
profile=$2
shift 2
mark() { echo "mark $1" >&2; }

# Preconditions
hostname >/dev/null
whoami >/dev/null
juju whoami >/dev/null

# A: capture
BACKUP_DIR=~/backups/pre-caracal-destroy-$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$BACKUP_DIR"
juju export-bundle -m "$model" >"$BACKUP_DIR/bundle-pre-destroy.yaml"
juju status -m "$model" --format=yaml >"$BACKUP_DIR/juju-status-pre-destroy.yaml"
juju models --format=yaml >"$BACKUP_DIR/juju-models-pre-destroy.yaml"
ls -la "$BACKUP_DIR" >/dev/null
mark captured

# B: destroy the model, beside C
juju destroy-model "$model" --force --no-wait --destroy-storage --no-prompt >/dev/null 2>&1 &
reaping=$!

# C: release the machines
maas "$profile" machines read >"$BACKUP_DIR/machines.json"
for hostname in "$@"; do
  system_id=$(jq -r --arg hostname "$hostname" '.[] | select(.hostname == $hostname) | .system_id' "$BACKUP_DIR/machines.json")
  maas "$profile" machine release "$system_id" comment="Caracal rebuild teardown" >/dev/null
done
mark released

# D: exit criteria
for hostname in "$@"; do echo "$hostname"; done >"$BACKUP_DIR/hostnames"
until
  ! juju models --format=json | jq -e --arg model "$model" 'any(.models[]; ."short-name" == $model)' >/dev/null &&
    maas "$profile" machines read | jq -e --rawfile names "$BACKUP_DIR/hostnames" '
      ($names | split("\n") | map(select(. != ""))) as $listed |
      [.[] | select(.hostname as $name | any($listed[]; . == $name))] | length == ($listed | length) and all(.[]; .status_name == "Ready")' >/dev/null
do
  sleep 5
done
wait "$reaping" || true
mark done
