#!/bin/sh
# Installs the npm packages of package-lock.json, with a line every few seconds; safe to kill and to run several times at
# once. @pulumi/command's install script would download Pulumi without any limit of time: scripts are not run.
set -u
cd "$(dirname "$0")/../.." || exit 1
stamp=node_modules/.installed
say() { echo "packages: $*" >&2; }
current() { [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; }

current && exit 0
command -v npm >/dev/null || { say "npm is not installed; install Node.js 20 or later (https://nodejs.org)"; exit 1; }

# The kernel frees this lock with its last holder, which is npm itself when this script is killed.
mkdir -p .toolchain
if command -v flock >/dev/null; then
  exec 9>.toolchain/packages.lock
  until flock -w 4 9; do say "waiting for another installation of them"; done
fi
child=
trap '[ -n "$child" ] && kill "$child" 2>/dev/null; exit 130' INT TERM HUP
current && exit 0

rm -f "$stamp"
# Not with the Node of a half-made node_modules, which npm ci removes first.
PATH=$(printf '%s' "$PATH" | sed "s|$PWD/node_modules/.bin:||g")
say "npm ci, with Node $(node --version) and npm $(npm --version)"
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error </dev/null >&2 &
child=$!
seconds=0
while kill -0 "$child" 2>/dev/null; do
  sleep 1
  seconds=$((seconds + 1))
  if [ $((seconds % 5)) -eq 0 ] && kill -0 "$child" 2>/dev/null; then
    say "  $seconds s, $(du -sm node_modules 2>/dev/null | cut -f1) MB"
  fi
done
if ! wait "$child"; then
  say "npm ci failed; nothing else was touched. Run the same command again once the reason above is fixed"
  exit 1
fi
child=
# The copy says for which lock file the packages are; written last, so that a killed run does not count.
cp package-lock.json "$stamp.tmp" && mv "$stamp.tmp" "$stamp"
say "installed in $seconds s"
PATH="$PWD/node_modules/.bin:$PATH" node packages/toolchain/node-version.cjs
