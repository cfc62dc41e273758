#!/bin/bash
# Ollama's own archive for this machine. Exit 3: it cannot be reached from here. A cut-off download is continued.
set -euo pipefail
umask 022 # the services' users run what root unpacks
folder=$1 version=$2
asset=ollama-linux-$(dpkg --print-architecture).tar.zst
release=https://github.com/ollama/ollama/releases/download/v$version
archive=$folder-$version.part partial=$folder.partial

mkdir -p "$(dirname "$folder")"
# Small and first: it tells within seconds whether the release can be reached at all.
sums=$(curl --silent --show-error --fail --location --connect-timeout 5 --max-time 30 "$release/sha256sum.txt") || exit 3
sum=$(awk -v asset="$asset" '$2 == asset || $2 == "./" asset || $2 == "*" asset { print $1 }' <<<"$sums")
[[ $sum =~ ^[0-9a-f]{64}$ ]] || { echo "the release's sha256sum.txt does not name $asset" >&2; exit 1; }

check() { sha256sum --check --status <<<"$sum  $archive"; }
if [[ ! -f $archive ]] || ! check; then
  curl --silent --show-error --fail --location --continue-at - --retry 3 --output "$archive" "$release/$asset"
  check || { rm -f "$archive"; echo "$asset is not what its release says; deleted, run this again" >&2; exit 1; }
fi

rm -rf "$partial"
mkdir "$partial"
# Without a card the libraries for cards are gigabytes that nothing reads.
leave=()
compgen -G '/dev/nvidia[0-9]*' >/dev/null || leave=(--exclude='*/ollama/cuda_*' --exclude='*/ollama/mlx_*')
tar --extract --zstd --file "$archive" --directory "$partial" --no-same-owner "${leave[@]}"
echo "$version" >"$partial/version"
rm -rf "$folder"
mv --no-target-directory "$partial" "$folder"
rm -f "$archive"
