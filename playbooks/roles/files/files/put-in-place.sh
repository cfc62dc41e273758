#!/bin/bash
# Copies files to their places, each whole or not at all: MODE:OWNER:GROUP:PATH ... A link in a file's place is replaced,
# never followed.
set -euo pipefail
staging=$1 prefix=$2
shift 2
for order in "$@"; do
  IFS=: read -r mode owner group path <<<"$order"
  install --no-target-directory --mode "$mode" --owner "$owner" --group "$group" "$staging/$path" "$prefix/$path.new"
  mv --no-target-directory "$prefix/$path.new" "$prefix/$path"
done
