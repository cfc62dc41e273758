#!/bin/bash
# A root file system with Asterisk in it, made beside its place and moved there when complete.
set -euo pipefail
umask 022 # the exchange's user reads what root unpacks
root=$1 suite=$2 packages=$3 mirror=$4
partial=$root.partial

# debootstrap mounts /proc in there. In a mount namespace of its own that is gone when it ends, however it ends.
alone=()
unshare --mount true 2>/dev/null && alone=(unshare --mount)
rm -rf --one-file-system "$partial"
# `sid` is the script of every suite that has none of its own yet. The environment passes on proxies and certificate
# authorities. It fetches without apt, so a release file past its validity date does no harm.
"${alone[@]}" debootstrap --variant=minbase --include="$packages" "$suite" "$partial" "$mirror" \
  /usr/share/debootstrap/scripts/sid >&2
[[ -x $partial/usr/sbin/asterisk ]]
mv --no-target-directory "$partial" "$root"
