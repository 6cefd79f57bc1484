#!/bin/sh
# Compares what Sightglass sees with the truth beside the shared captures: `accuracy.sh BINARY`.
# The captures are not part of the project; SIGHTGLASS_SHARED names their folder (default: ../shared beside the clone).
set -eu
binary=$1
cd "$(dirname "$0")/.."
shared=${SIGHTGLASS_SHARED:-../shared}
if [ ! -d "$shared/corpus/truth" ]; then
    echo "*** NOT RUN: no shared captures at $shared/corpus: agreement with the reference dissector was not measured ***"
    exit 0
fi
table=$(python3 "$shared/oracle/score_dissection.py" --truth "$shared/corpus/truth" --captures "$shared/corpus/pcaps" \
    --run "$binary analyze --quiet --format json {}" 2>/dev/null)
echo "$table"
# Every capture must give a document, and what was once understood must stay so.
echo "$table" | python3 scripts/accuracy_floor.py
