#!/bin/bash
# One service's environment: packages by digest from its lock file, then our runtime beside them.
# An interrupted run leaves the old environment in place, or a complete one without its mark; the next run goes on.
set -euo pipefail
umask 022 # the services' users read what root writes
uv=$1 python=$2 folder=$3 lock=$4 lock_digest=$5 runtime=$6 runtime_digest=$7

if [[ ! -f $folder/.made-of || $(cut -d' ' -f1 "$folder/.made-of") != "$lock_digest" ]]; then
  rm -rf "$folder.partial"
  "$uv" venv --quiet --no-config --relocatable --no-python-downloads --python "$python" "$folder.partial"
  "$uv" pip sync --quiet --no-config --compile-bytecode --require-hashes --python "$folder.partial/bin/python" "$lock"
  chmod -R a+rX "$folder.partial" # the cache may have been filled under another umask
  rm -rf "$folder"
  mv --no-target-directory "$folder.partial" "$folder"
fi

if [[ $runtime_digest != none ]]; then
  packages=$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  rm -rf "$packages/voicectl_runtime" "$packages/voicectl_runtime.partial"
  cp -r --no-preserve=mode,ownership "$runtime" "$packages/voicectl_runtime.partial"
  find "$packages/voicectl_runtime.partial" -name __pycache__ -prune -exec rm -rf {} +
  mv "$packages/voicectl_runtime.partial" "$packages/voicectl_runtime"
  "$folder/bin/python" -m compileall -q "$packages/voicectl_runtime"
fi
echo "$lock_digest $runtime_digest" >"$folder/.made-of"
