#!/bin/bash
# Builds Ollama from its Go module in a root file system of its own, which is deleted afterwards: nothing is installed
# on the machine. The program is linked statically, because that root's C library is newer than the machine's.
set -euo pipefail
umask 022
folder=$1 version=$2 module_sum=$3 suite=$4 mirror=$5
root=$folder.build partial=$folder.partial
module=github.com/ollama/ollama

mkdir -p "$(dirname "$folder")"
# debootstrap mounts these two for a while; one that was killed leaves them.
discard() {
  umount "$root/proc" "$root/sys" 2>/dev/null || true # mostly there is nothing to unmount
  rm -rf --one-file-system "$root"
}
discard
rm -rf "$partial"
trap discard EXIT
# `sid` is the script of every suite that has none of its own yet. The last three are headers that the module leaves out.
debootstrap --variant=minbase \
  --include=ca-certificates,golang-go,gcc,g++,libc6-dev,nlohmann-json3-dev,libstb-dev,libminiaudio-dev \
  "$suite" "$root" "$mirror" /usr/share/debootstrap/scripts/sid >&2

# The site's name servers and certificate authorities; proxies come along in the environment.
certificates=/etc/ssl/certs/ca-certificates.crt
cp "${SSL_CERT_FILE:-$certificates}" "$root$certificates"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root/build/include/miniaudio"
ln -s /usr/include/miniaudio.h "$root/build/include/miniaudio/miniaudio.h"

flags='-O3 -I/build/include' # without AVX2, which every x86 of the last ten years has, it is half as fast
[[ $(uname -m) != x86_64 ]] || ! grep -qw avx2 /proc/cpuinfo || flags+=' -march=x86-64-v3'
# Nothing is mounted in there that an interrupted run could leave behind; without /proc, Go must be told where it lies.
export GOROOT=/usr/lib/go HOME=/build GOPATH=/build/go GOBIN=/build/bin GOFLAGS=-modcacherw GOTOOLCHAIN=local TMPDIR=/tmp
export PATH=/usr/sbin:/usr/bin:/sbin:/bin SSL_CERT_FILE=$certificates CGO_ENABLED=1 CGO_CFLAGS=$flags CGO_CXXFLAGS=$flags
unset GOCACHE GOMODCACHE SSL_CERT_DIR
chroot "$root" go mod download -json "$module@v$version" | grep -qF "\"Sum\": \"$module_sum\"" ||
  { echo "$module v$version is not the module that was pinned" >&2; exit 1; }
chroot "$root" go install -tags netgo,osusergo "-ldflags=-s -w -linkmode external -extldflags -static \
  -X $module/version.Version=$version" "$module@v$version" >&2

mkdir -p "$partial/bin"
cp "$root/build/bin/ollama" "$partial/bin/ollama"
"$partial/bin/ollama" --version 2>&1 | grep -qF "$version" # it starts on this machine, not only in that root
echo "$version" >"$partial/version"
rm -rf "$folder"
mv --no-target-directory "$partial" "$folder"
