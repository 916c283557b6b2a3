#!/bin/sh
# Runs its arguments on the pinned Node: the one npm brought along, or a system Node of at least 24.
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
node="$here/node_modules/.bin/node"
if [ ! -x "$node" ]; then
  node=$(command -v node || true)
  major=$("${node:-false}" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if [ "${major:-0}" -lt 24 ]; then
    echo "boltseal: no Node 24 here: run 'npm ci' in the project's folder (it brings one along, but on Apple silicon: install Node 24 there)" >&2
    exit 1
  fi
fi
# Half of a short command is compiling: Node keeps what it has compiled (and drops it when a source changes).
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$here/node_modules/.cache/compile}"
exec "$node" --disable-warning=ExperimentalWarning "$@"
