#!/bin/bash
# A real Slurm cluster on this machine, for specs: four nodes that claim 64 CPUs each, on loopback alone.
#
#   cluster.sh install               installs the Debian packages that are absent
#   cluster.sh up [--no-accounting]  starts the cluster without the jobs of an earlier start; job ids continue
#   cluster.sh down                  ends the daemons and all processes of jobs; files stay
#   cluster.sh env                   prints the environment of a client: eval "$(cluster.sh env)"
#   cluster.sh start|stop|kill|pause|resume NAME
#                                    one daemon: munged mariadbd slurmdbd slurmctld slurmd-n1 … slurmd-n4
#
# If root starts the cluster, its nodes run jobs of the user `ensemble-tester`, whom the script makes if necessary. If
# another user starts it, that user owns all of it, and it runs that user's jobs only.
#
# CLUSTER_DIR              the directory of the cluster (a directory in TMPDIR)
# CLUSTER_PORT             the first of 20 ports (29800)
# CLUSTER_MESSAGE_TIMEOUT  after so many seconds, a client stops waiting for an answer (5); daemons wait longer
# CLUSTER_MIN_JOB_AGE      for so many seconds, squeue shows a job that has ended (300)
# CLUSTER_EXTRA            more lines for slurm.conf; of two lines with one key, the later one counts
# CLUSTER_HOLDER           the process that uses the cluster: while it lives, no other process may start the cluster again
set -euo pipefail
# The tester must be able to read most files.
umask 022

D=$(realpath -m "${CLUSTER_DIR:-${TMPDIR:-/tmp}/ensemble-cluster-$(id -u)}")
port=${CLUSTER_PORT:-29800}
nodes=(n1 n2 n3 n4)
socket=$D/munge/socket
owner=$(id -un)
if [ "$owner" = root ]; then tester=ensemble-tester keeper=mysql; else tester=$owner keeper=$owner; fi
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C SLURM_CONF=$D/etc/slurm.conf
# Clients have a file of their own, with a shorter timeout: daemons keep each other waiting when many jobs start at once.
client_conf=$D/etc/client.conf

die() {
  printf 'cluster.sh: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=conf.sh
. "$(dirname "$(realpath "$0")")/conf.sh"

# `down` ends all processes of jobs, and must not be one of them.
[ -z "${SLURM_JOB_ID:-}" ] || die "a job can neither start nor end a cluster, and this script runs in one"

eventually() { # SECONDS COMMAND…: repeats the command until it succeeds
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# --- Processes

# The pid of a daemon that runs. Another process may have the pid in an old file by now, so the process's name counts, and
# the mark that `become` puts into its environment. A zombie has no environment.
pid_of() {
  local pid comm
  { read -r pid < "$D/run/$1.pid" && read -r comm < "/proc/$pid/comm"; } 2> /dev/null || return 1
  [ "$comm" = "${1%-n[0-9]*}" ] && grep -qzxF "CLUSTER_DAEMON=$D" "/proc/$pid/environ" 2> /dev/null && echo "$pid"
}

gone() { ! pid_of "$1"; }

# A process that has ended holds no file or port open, which the next one needs. A zombie holds nothing.
ended() { # PID
  [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

signal() { # NAME SIGNAL
  local pid
  pid=$(pid_of "$1") || die "$1 does not run"
  kill "-$2" "$pid"
  [ "$2" != KILL ] || eventually 5 ended "$pid"
}

finish() { # NAME [SECONDS]: ends a daemon by SIGTERM, or by SIGKILL after so many seconds
  local pid
  pid=$(pid_of "$1") || return 0
  kill -TERM "$pid"
  kill -CONT "$pid"
  eventually "${2:-10}" ended "$pid" || signal "$1" KILL
}

# Slurm listens at the address of the host's name, so the daemons see another name than the rest of the machine. An
# ordinary user may change the name in a user namespace, whose other capabilities must not reach the jobs.
on_localhost() {
  # shellcheck disable=SC2016 # The inner shell expands its own arguments.
  local inner='hostname localhost && exec setpriv --ambient-caps=-all --inh-caps=-all -- "$@"'
  if [ "$owner" = root ]; then exec unshare --uts -- sh -c 'hostname localhost && exec "$@"' sh "$@"; fi
  exec unshare --user --map-current-user --keep-caps --uts -- sh -c "$inner" sh "$@"
}

# Becomes the daemon, in the foreground: its pid is that of the process that `start` started.
become() {
  cd "$D/run"
  export CLUSTER_DAEMON=$D
  # slurmdbd and MariaDB talk over a socket in a directory of their own: no port, no password.
  export MYSQL_UNIX_PORT=$D/mysql/socket
  case $1 in
    munged)
      exec setsid munged --foreground --key-file="$D/munge/key" --socket="$socket" --pid-file="$D/munge/pid" \
        --seed-file="$D/munge/seed" --log-file="$D/log/munged.log" --num-threads=4 ;;
    mariadbd)
      exec setsid mariadbd --no-defaults --user="$keeper" --datadir="$D/mysql/data" --socket="$MYSQL_UNIX_PORT" \
        --pid-file="$D/mysql/pid" --skip-networking --skip-grant-tables --skip-log-bin --performance-schema=OFF \
        --innodb-buffer-pool-size=64M --innodb-log-file-size=32M --innodb-flush-log-at-trx-commit=0 \
        --innodb-lock-wait-timeout=900 ;;
    slurmdbd) on_localhost setsid slurmdbd -D ;;
    # `up` sets `fresh`: slurmctld forgets all jobs and states of nodes.
    slurmctld) on_localhost setsid slurmctld -D ${fresh:+-c} ;;
    slurmd-*) on_localhost setsid slurmd -D -N "${1#slurmd-}" ;;
  esac
}

serves() { # NAME: whether the daemon runs and answers
  pid_of "$1" || return 1
  case $1 in
    munged) munge -S "$socket" -n | unmunge -S "$socket" ;;
    mariadbd) mariadb-admin --no-defaults --socket="$D/mysql/socket" ping ;;
    slurmdbd) timeout 5 sacctmgr -n show cluster ;;
    slurmctld) timeout 5 scontrol ping ;;
    # Without slurmctld, nothing shows the node's state. A node that does not answer has an asterisk.
    slurmd-*) gone slurmctld || timeout 5 sinfo -h -N -n "${1#slurmd-}" -o %t | grep -qE '^(idle|mix|alloc|drain|drng|comp)$' ;;
  esac
}

start() { # NAME
  if gone "$1" > /dev/null; then
    (become "$1") < /dev/null >> "$D/log/$1.out" 2>&1 3>&- &
    echo $! > "$D/run/$1.pid"
    # `wait` must not wait for the daemon.
    disown $! 2> /dev/null || true
  fi
  eventually 20 serves "$1" && return
  tail -n 5 "$D/log/$1".* >&2
  die "$1 does not start; the ends of its logs are above, the rest is in $D/log"
}

# Processes of jobs, and those that daemons leave when they are killed. The latter overwrite their environment, and have
# the working directory of the daemons. Processes of jobs have the job's id and this configuration in their environment,
# even if they have left the job's session.
leftovers() {
  {
    pgrep -x 'slurmstepd|slurmscriptd' | sed 's|.*|/proc/&/cwd|' | xargs -r stat -c %N | grep -F -- "-> '$D/run'"
    grep -lz "^SLURM_CONF=$D/etc/" /proc/[0-9]*/environ | xargs -r grep -lz '^SLURM_JOB_ID='
  } 2> /dev/null | cut -d/ -f3
}

end_leftovers() {
  local pids
  pids=$(leftovers || true)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086 # One argument for each pid.
  kill -KILL $pids 2> /dev/null || true
  # Some may have started other processes meanwhile.
  return 1
}

# --- Commands

up() {
  local holder node
  [ ! -e "$D" ] || [ -O "$D" ] || die "$D belongs to another user"
  holder=$(cat "$D/holder" 2> /dev/null || true)
  if [ -n "$holder" ] && [ "$holder" != "${CLUSTER_HOLDER:-}" ] && [ -d "/proc/$holder" ]; then
    die "process $holder uses the cluster in $D; CLUSTER_DIR and CLUSTER_PORT give you one of your own"
  fi
  (on_localhost true) 2> /dev/null || die "$owner may not give daemons a host name of their own with unshare: run this as root"
  command -v munged slurmctld slurmd > /dev/null || die "Slurm is not installed; $0 install installs it"
  down
  # If one daemon does not start, the others must not stay.
  trap down EXIT
  prepare
  [ "$owner" != root ] || runuser -u "$tester" -- test -r "$client_conf" || die "$tester cannot read the files in $D"
  [ -z "${CLUSTER_HOLDER:-}" ] || echo "$CLUSTER_HOLDER" > "$D/holder"
  start munged
  if [ "$accounting" = yes ]; then
    make_data_base
    start mariadbd
    start slurmdbd
    make_accounts
  fi
  fresh=yes start slurmctld
  for node in "${nodes[@]}"; do (start "slurmd-$node") & done
  wait
  for node in "${nodes[@]}"; do serves "slurmd-$node" > /dev/null || die "slurmd-$node does not start"; done
  trap - EXIT
}

down() {
  local node
  # Nodes first, while slurmctld is there to be told, and before slurmctld starts more jobs on them.
  for node in "${nodes[@]}"; do finish "slurmd-$node" 3 & done
  wait
  finish slurmctld
  eventually 10 end_leftovers || die "processes of jobs do not end: $(leftovers | xargs)"
  finish slurmdbd
  finish mariadbd 15
  finish munged
  rm -f "$D/holder"
}

install() {
  local package missing=() policy=/usr/sbin/policy-rc.d
  for package in munge slurmctld slurmd slurm-client slurmdbd slurm-wlm-mysql-plugin slurm-wlm-basic-plugins mariadb-server; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$owner" = root ] || exec sudo "$0" install
  # A policy keeps the packages from starting daemons for the whole machine.
  if [ ! -e "$policy" ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
  fi
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

known() {
  [[ $1 =~ ^(munged|mariadbd|slurmdbd|slurmctld|slurmd-n[1-4])$ ]] || die "there is no daemon $1"
}

accounting=yes
case "${1:-} ${2:-}" in
  "install ") install ;;
  "up ") up ;;
  "up --no-accounting") accounting=no && up ;;
  "down ") down ;;
  "env ") printf 'export SLURM_CONF=%q\n' "$client_conf" ;;
  "start "?*) known "$2" && start "$2" ;;
  "stop "?*) known "$2" && finish "$2" ;;
  "kill "?*) known "$2" && signal "$2" KILL ;;
  "pause "?*) known "$2" && signal "$2" STOP ;;
  "resume "?*) known "$2" && signal "$2" CONT ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
esac
