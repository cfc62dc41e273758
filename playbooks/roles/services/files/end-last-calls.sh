#!/bin/bash
# Ends orchestrators that an update left to their last calls, each with a goodbye: PREFIX SECONDS
set -euo pipefail
prefix=$1 deadline_s=$2

are_theirs() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q "voicectl_runtime.orchestrator --settings $prefix/"; }
for lock in "$prefix"/run/orchestrator-*.lock; do
  pid=${lock##*-} pid=${pid%.lock}
  [[ $pid =~ ^[0-9]+$ ]] && are_theirs "$pid" || continue
  kill -TERM "$pid" || continue
  until [[ ! -e /proc/$pid ]] || ((SECONDS >= deadline_s)); do sleep 0.2; done
  are_theirs "$pid" && kill -KILL "$pid" || true
done
