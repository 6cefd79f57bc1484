#!/usr/bin/env bash
# Compares the cost of analysing a capture: sightglass, ndpiReader, tshark, and a bare walk over the flows as the limit.
#
#   bench/compare.sh [SIGHTGLASS_BINARY] > table.md
#
# Prints a Markdown table on standard output: CPU seconds (user + system, median of the rounds), nanoseconds per
# packet, peak resident memory, ratios, and how memory grows from the small capture to the large one (same hosts, ten
# times the packets). Programs that are missing are left out; one that fails is shown with its exit status.
#
#   SIGHTGLASS                binary to measure         (first argument, else target/release/sightglass)
#   SIGHTGLASS_SHARED         folder with corpus/pcaps and oracle/make_big_pcap.py  (else ../shared beside the repository)
#   SIGHTGLASS_BENCH_CACHE    where the captures and raw figures are kept           (else ~/.cache/sightglass-bench)
#   ROUNDS                    rounds, the programs taking turns in each             (3)
#   SIZES                     captures, small to large                              ("100M 1G")
#   TSHARK                    0 leaves tshark out; it runs once, on the first size  (1)
#
# Needs python3, GNU time (Debian: time) and cargo; ndpiReader is in libndpi-bin.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
sightglass=${1:-${SIGHTGLASS:-$repo/target/release/sightglass}}
shared=${SIGHTGLASS_SHARED:-$repo/../shared}
cache=${SIGHTGLASS_BENCH_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sightglass-bench}
rounds=${ROUNDS:-3}
read -ra sizes <<<"${SIZES:-100M 1G}"
declare -A flows=([100M]=1000 [1G]=10000)
runs=$cache/runs.tsv

say() { echo "$*" >&2; }

# make_capture SIZE: the same arguments give the same bytes, so a finished file is kept.
make_capture() {
  local size=$1 out=$cache/mix-$1.pcap
  if [[ ! -s $out || ! -s $cache/mix-$size.json ]]; then
    say "making $out"
    python3 "$shared/oracle/make_big_pcap.py" "$shared/corpus/pcaps" "$out.part" "$size" \
      --flows "${flows[$size]:-1000}" --hosts 200 --manifest "$cache/mix-$size.json" >/dev/null
    mv "$out.part" "$out"
  fi
  cat "$out" >/dev/null # into the page cache, for all alike
}

# measure PROGRAM SIZE COMMAND...: appends program, size, user s, system s, peak RSS kB, exit status.
measure() {
  local program=$1 size=$2 status=0 TIMEFORMAT='%3U %3S'
  shift 2
  say "$size $program"
  { time /usr/bin/time -o "$cache/rss" -f %M "$@" >/dev/null 2>"$cache/$program.stderr" || status=$?; } 2>"$cache/cpu"
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$program" "$size" $(<"$cache/cpu") "$(tail -1 "$cache/rss")" "$status" >>"$runs"
}

# round SIZE: every program once.
round() {
  local size=$1 capture=$cache/mix-$1.pcap
  if [[ -x $sightglass ]]; then
    # One core, as the others.
    measure sightglass "$size" "$sightglass" analyze --threads 1 --format json "$capture"
  fi
  if command -v ndpiReader >/dev/null; then
    measure ndpiReader "$size" ndpiReader -q -i "$capture"
  fi
  measure flow_walk "$size" "$flow_walk" "$capture"
}

mkdir -p "$cache"
: >"$runs"
[[ -x $sightglass ]] || say "no binary at $sightglass: left out"
command -v ndpiReader >/dev/null || say "no ndpiReader: left out"
cargo build --quiet --release --manifest-path "$repo/Cargo.toml" -p sightglass-flow-walk
flow_walk=${CARGO_TARGET_DIR:-$repo/target}/release/flow_walk

for size in "${sizes[@]}"; do make_capture "$size"; done
for size in "${sizes[@]}"; do
  for ((i = 0; i < rounds; i++)); do round "$size"; done
done
if [[ ${TSHARK:-1} != 0 ]] && command -v tshark >/dev/null; then
  measure tshark "${sizes[0]}" tshark -n -r "$cache/mix-${sizes[0]}.pcap" -T fields \
    -e frame.number -e frame.time_epoch -e ip.src -e ip.dst -e _ws.col.Protocol
fi
python3 "$repo/bench/table.py" "$runs" "$cache"
