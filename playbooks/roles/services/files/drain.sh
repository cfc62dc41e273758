#!/bin/bash
# Before services start anew, live calls may end: PREFIX SUPERVISORCTL SECONDS SERVICE ...
set -euo pipefail
prefix=$1 control=$2 deadline_s=$3
shift 3
services=$*
read -r pid <"$prefix/run/asterisk.pid" || exit 0 # without an exchange there are no calls

restarts() { [[ " $services " == *" $1 "* ]]; }
supervisor() { "$control" -c "$prefix/etc/supervisord.conf" "$@" || true; }
asterisk() { timeout 10 "$prefix/bin/asterisk" -rx "$1" || true; }
asterisk_is_there() { [[ -e /proc/$pid ]]; }
calls_are_live() { asterisk_is_there && [[ $(asterisk "core show channels count") != "0 active channels"* ]]; }
wait_while() {
  until ! "$1" || ((SECONDS >= deadline_s)); do sleep 0.5; done
}

if restarts asterisk-pbx; then
  # New calls are refused with 503, so that the telephone company can send them elsewhere.
  asterisk "core stop gracefully"
  wait_while asterisk_is_there
  if asterisk_is_there; then
    supervisor stop orchestrator # which says goodbye to those who are still there
  fi
elif restarts stt-service || restarts tts-service || restarts llm-service; then
  wait_while calls_are_live
fi
if restarts orchestrator; then
  # The stop that follows at once is an update: the orchestrator keeps its calls, and the new one starts beside it.
  supervisor signal USR1 orchestrator
fi
