#!/bin/sh
# The README's way in a browser: `e2e.sh BINARY`. Starts the binary with the sample plant on a free port and in a folder of its own,
# then drives Debian's Chromium through it. SHOTS names a folder for screenshots.
set -eu
binary=$1
cd "$(dirname "$0")/.."
work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT INT TERM

"$binary" demo --listen 127.0.0.1:0 --data "$work/data" > "$work/out" 2> "$work/err" &
server=$!
url=
for _ in $(seq 1 100); do
    url=$(grep -ho 'http://127\.0\.0\.1:[0-9]*' "$work/out" "$work/err" | head -n 1) || true
    [ -n "$url" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$work/out" "$work/err" >&2; echo "the server did not start" >&2; exit 1; }
    sleep 0.1
done
[ -n "$url" ] || { echo "the server printed no address" >&2; exit 1; }
# The sample is read in the background.
for _ in $(seq 1 150); do
    if curl -fs "$url/api/v1/jobs" | grep -q '"state":"\(running\|queued\|waiting\)"'; then sleep 0.2; else break; fi
done
cp corpus/sites/second-plant.pcapng.zst "$work/"
(cd web && BASE_URL="$url" CAPTURE="$work/second-plant.pcapng.zst" SHOTS="${SHOTS:-}" npm run --silent e2e)
