#!/bin/sh
# A throw-away Citus cluster on this machine, for tests: a coordinator and two workers, each a PostgreSQL of its own.
#   infra/citus/cluster.sh start FOLDER    makes it where there is none, starts it, prints FALIN_CITUS_URL=…
#   infra/citus/cluster.sh stop FOLDER
# PG_CONFIG names the pg_config of the PostgreSQL that has Citus; FIRST_PORT the coordinator's port, the workers' follow.
# The servers refuse to run as root: started by root they run as RUN_AS.
set -eu
act=$1 folder=$2
programs=$("${PG_CONFIG:-pg_config}" --bindir)
first=${FIRST_PORT:-9700}
nodes="coordinator worker1 worker2"

as_server() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid="${RUN_AS:-postgres}" --regid="${RUN_AS:-postgres}" --init-groups "$@"
    else "$@"; fi
}

make() {
    # One password for every role and node, in a file the nodes reach each other by.
    word=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
    as_server mkdir -p "$folder"
    as_server chmod 700 "$folder"
    printf '127.0.0.1:*:*:*:%s\n' "$word" | as_server sh -c 'umask 077; cat > "$0/pgpass"' "$folder"
    printf '%s' "$word" | as_server sh -c 'umask 077; cat > "$0/word"' "$folder"
    port=$first
    for node in $nodes; do
        as_server "$programs/initdb" --pgdata "$folder/$node" --username postgres --pwfile "$folder/word" \
            --auth scram-sha-256 --encoding UTF8 --locale C --no-sync --no-instructions > /dev/null
        # A maintenance daemon for each database, and for each session of the coordinator some at the workers.
        as_server tee "$folder/$node/postgresql.auto.conf" > /dev/null <<CONF
port = $port
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
shared_preload_libraries = 'citus'
wal_level = logical
max_connections = 300
max_worker_processes = 100
max_prepared_transactions = 300
max_locks_per_transaction = 1024
timezone = 'UTC'
log_timezone = 'UTC'
fsync = off
full_page_writes = off
citus.node_conninfo = 'sslmode=prefer'
citus.local_hostname = '127.0.0.1'
citus.propagate_set_commands = 'local'
citus.enable_statistics_collection = off
CONF
        port=$((port + 1))
    done
}

case $act in
start)
    as_server test -d "$folder/coordinator" || make
    for node in $nodes; do
        as_server env PGPASSFILE="$folder/pgpass" "$programs/pg_ctl" --pgdata "$folder/$node" --log "$folder/$node.log" \
            --wait start > /dev/null
    done
    # The address everybody else starts from: a database that knows the workers.
    password=$(as_server cat "$folder/word")
    say() { PGPASSWORD=$password "$programs/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -U postgres "$@"; }
    port=$(as_server sed -n 's/^port = //p' "$folder/coordinator/postgresql.auto.conf")
    for offset in 0 1 2; do
        say -p $((port + offset)) -d postgres -c "set client_min_messages = warning" -c "create extension if not exists citus"
    done
    say -p "$port" -d postgres -c "select citus_set_coordinator_host('127.0.0.1', $port)" \
        -c "select citus_add_node('127.0.0.1', $port + n) from generate_series(1, 2) n" > /dev/null
    echo "FALIN_CITUS_URL=postgresql://postgres:$password@127.0.0.1:$port/postgres"
    ;;
stop)
    for node in $nodes; do
        as_server "$programs/pg_ctl" --pgdata "$folder/$node" --mode fast --wait stop > /dev/null
    done
    ;;
*)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac
