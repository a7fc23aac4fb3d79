#!/usr/bin/env bash
# chromium.sh LOG: the distribution's Chromium, where this user may install it; else one line says what to install.
# libnss3-tools lets the browser trust the sandbox's CA. What a bare system may lack: libatomic1, which Playwright's
# driver needs, and chromium-sandbox, for a user who may not make namespaces.
set -uo pipefail
log=$1 packages="chromium chromium-sandbox libnss3-tools libatomic1"
browser() { command -v chromium || command -v chromium-browser || command -v google-chrome; } >/dev/null
whole() { browser && command -v certutil >/dev/null && ldconfig -p 2>/dev/null | grep -q libatomic.so.1; }
PATH=$PATH:/usr/sbin:/sbin
whole && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  mkdir -p "$(dirname "$log")"
  echo "install: Chromium, by apt-get; about a minute (log: $log)"
  # shellcheck disable=SC2086 - a list
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages; } >"$log" 2>&1
  browser || echo "install: Chromium could not be installed (log: $log); the demo uses the hand-off page instead"
else
  browser || echo "install: no Chromium here, the demo uses the hand-off page instead; for a browser: apt-get install $packages"
fi
exit 0
