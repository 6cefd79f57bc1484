#!/bin/sh
# A NetBox of its own on loopback, and the exchanges of crates/connect/tests/netbox/ recorded with it.
#
#   lab/netbox.sh up [CHECKOUT]   brings it up: from a checkout of NetBox v4.4.10, or one cloned from GitHub
#   lab/netbox.sh record          a fresh database, then the recording test
#   lab/netbox.sh down
#
# Needs Debian 12 as root (PostgreSQL, Redis and Python 3.10 to 3.12 come from its packages). NetBox 4.5 and later want Python 3.12.
# Migrating takes minutes once; after that the empty database is restored from a dump in seconds. Nothing of NetBox is kept in this tree.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
home=${SIGHTGLASS_NETBOX_HOME:-/var/tmp/netbox}
tag=v4.4.10
port=8099
pgport=5544
redisport=6399
token=0123456789abcdef0123456789abcdef01234567
pg=/usr/lib/postgresql/15/bin

say() { printf '==> %s\n' "$*" >&2; }
as_postgres() { su postgres -c "cd /tmp && $*"; }
manage() { (cd "$home/src/netbox" && nice -n 10 "$home/venv/bin/python" manage.py "$@"); }

packages() {
    if [ -x "$pg/postgres" ] && command -v redis-server >/dev/null; then return; fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15 redis-server python3-venv git >/dev/null
}

sources() {
    if [ -f "$home/src/netbox/manage.py" ]; then return; fi
    mkdir -p "$home"
    if [ -n "${1:-}" ]; then cp -R "$1" "$home/src"
    else git clone -q --depth 1 --branch "$tag" https://github.com/netbox-community/netbox "$home/src"; fi
    # Large lists of places; a checkout without them does for tests.
    [ -f "$home/src/netbox/extras/data/un_locode.py" ] || echo 'UN_LOCODE = ()' > "$home/src/netbox/extras/data/un_locode.py"
}

python_packages() {
    if [ -f "$home/venv/.done" ]; then return; fi
    python3 -m venv "$home/venv"
    grep -v mkdocs "$home/src/requirements.txt" | sed 's/psycopg\[c,pool\]/psycopg[binary,pool]/' > "$home/requirements.txt"
    "$home/venv/bin/pip" install -q --disable-pip-version-check -r "$home/requirements.txt"
    touch "$home/venv/.done"
}

settings() {
    cat > "$home/src/netbox/netbox/configuration.py" <<PY
ALLOWED_HOSTS = ['127.0.0.1']
DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'netbox', 'USER': 'netbox', 'PASSWORD': '',
                         'HOST': '127.0.0.1', 'PORT': '$pgport', 'CONN_MAX_AGE': 0}}
REDIS = {name: {'HOST': '127.0.0.1', 'PORT': $redisport, 'USERNAME': '', 'PASSWORD': '', 'DATABASE': at, 'SSL': False}
         for at, name in enumerate(('tasks', 'caching'))}
SECRET_KEY = 'only-for-tests-on-loopback-0123456789-abcdefghijklmnopqrst'
RELEASE_CHECK_URL = None
CENSUS_REPORTING_ENABLED = False
ISOLATED_DEPLOYMENT = True
PY
}

services() {
    if [ ! -d "$home/pg/data" ]; then
        mkdir -p "$home/pg"; chown -R postgres "$home/pg"
        as_postgres "$pg/initdb -D $home/pg/data -A trust -E UTF8 --locale=C.UTF-8 >/dev/null"
    fi
    "$pg/pg_isready" -q -h 127.0.0.1 -p $pgport || as_postgres "$pg/pg_ctl -D $home/pg/data -w -l $home/pg/log -o '-p $pgport \
-c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c fsync=off' start >/dev/null"
    as_postgres "$pg/createuser -h 127.0.0.1 -p $pgport -s netbox" 2>/dev/null || true
    redis-cli -p $redisport ping >/dev/null 2>&1 || redis-server --port $redisport --bind 127.0.0.1 --daemonize yes --save '' \
        --dir "$home" --pidfile "$home/redis.pid" >/dev/null
}

# An empty, migrated database.
fresh() {
    as_postgres "$pg/dropdb -f --if-exists -h 127.0.0.1 -p $pgport netbox && $pg/createdb -h 127.0.0.1 -p $pgport -O netbox netbox"
    if [ -f "$home/netbox.dump" ]; then
        "$pg/pg_restore" -h 127.0.0.1 -p $pgport -U netbox -d netbox "$home/netbox.dump"
    else
        say "migrating: some minutes, once"
        manage migrate --no-input > "$home/migrate.log"
        "$pg/pg_dump" -h 127.0.0.1 -p $pgport -U netbox -Fc netbox > "$home/netbox.dump"
    fi
    redis-cli -p $redisport flushall >/dev/null
    manage shell -c "
from django.contrib.auth import get_user_model
from users.models import Token
user = get_user_model().objects.create(username='lab', is_superuser=True, is_active=True)
Token(user=user, key='$token').save()" >/dev/null
}

server() {
    stop_server
    (cd "$home/src/netbox" && exec "$home/venv/bin/gunicorn" --bind 127.0.0.1:$port --workers 1 --timeout 120 --daemon \
        --pid "$home/gunicorn.pid" netbox.wsgi)
    for _ in $(seq 120); do
        curl -sf -o /dev/null -H "Authorization: Token $token" "http://127.0.0.1:$port/api/status/" && return
        sleep 1
    done
    say "NetBox does not answer"; exit 1
}

stop_server() {
    [ -f "$home/gunicorn.pid" ] || return 0
    kill "$(cat "$home/gunicorn.pid")" 2>/dev/null || true
    for _ in $(seq 20); do [ -f "$home/gunicorn.pid" ] || return 0; sleep 0.5; done
    rm -f "$home/gunicorn.pid"
}

case "${1:-}" in
up)
    packages; sources "${2:-}"; python_packages; settings; services; fresh; server
    say "NetBox: http://127.0.0.1:$port, token $token" ;;
record)
    services; stop_server; fresh; server
    cd "$root"
    SIGHTGLASS_NETBOX=http://127.0.0.1:$port SIGHTGLASS_NETBOX_TOKEN=$token \
        cargo test -q -p sightglass-connect --test netbox -- --ignored record --nocapture ;;
down)
    stop_server
    [ ! -f "$home/redis.pid" ] || kill "$(cat "$home/redis.pid")" 2>/dev/null || true
    as_postgres "$pg/pg_ctl -D $home/pg/data -m fast stop >/dev/null" ;;
*) sed -n '2,8p' "$0" | cut -c3-; exit 2 ;;
esac
