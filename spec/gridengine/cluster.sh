#!/bin/bash
# A real Grid Engine on this machine, for specs: one qmaster and one execution host, on loopback alone.
#
#   cluster.sh install   downloads and unpacks the Debian packages below its own directory; installs gcc if it is absent
#   cluster.sh up        starts it, without any job of an earlier start, nor any id of one
#   cluster.sh down      ends its daemons and whatever is left of its jobs; its files stay
#   cluster.sh env       prints what a client needs: eval "$(cluster.sh env)"
#   cluster.sh status    tells which daemons run
#   cluster.sh start|stop|kill|pause|resume NAME
#                        one daemon: qmaster or execd
#   cluster.sh next ID   gives that id to the next job; qmaster must not run
#
# Only root can start it: its jobs are those of `ensemble-tester`, a user that is made where it is missing.
# Queues: short (5 minutes), long, dev (20 seconds), of 64 slots each; the parallel environment smp in each of them.
#
# GRIDENGINE_DIR     where everything is (a directory in TMPDIR)
# GRIDENGINE_PORT    the first of 2 ports (29850)
# GRIDENGINE_EXTRA   more lines for the global configuration; where a key is there already, the later line counts
# GRIDENGINE_HOLDER  the process that uses the cluster: as long as it lives, no other process may start it anew
set -euo pipefail
# The tester has to read most of it.
umask 022

D=$(realpath -m "${GRIDENGINE_DIR:-${TMPDIR:-/tmp}/ensemble-gridengine-$(id -u)}")
port=${GRIDENGINE_PORT:-29850}
tester=ensemble-tester
arch=lx-amd64
packaged=$D/pkg/usr/lib/gridengine
libraries=$D/pkg/usr/lib/x86_64-linux-gnu:$packaged
export LC_ALL=C SGE_ROOT=$D/root SGE_CELL=default SGE_QMASTER_PORT=$port SGE_EXECD_PORT=$((port + 1))
cell=$SGE_ROOT/$SGE_CELL/common
PATH=$SGE_ROOT/bin/$arch:$PATH:/usr/sbin:/sbin

die() {
  printf 'cluster.sh: %s\n' "$*" >&2
  exit 1
}

# shellcheck source=conf.sh
. "$(dirname "$(realpath "$0")")/conf.sh"

# What ends jobs must not end itself.
[ -z "${JOB_ID:-}" ] || die "this is inside of a job, from where no cluster can be started or ended"

eventually() { # SECONDS COMMAND…: until the command is content
  local end=$((SECONDS + $1 + 1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.05
  done
}

# --- Processes

# The pid of a daemon that runs. A pid file may be older than the process that has its number now, so what counts is
# the program and the mark that `become` puts into its environment. A zombie has none.
pid_of() {
  local pid
  { read -r pid < "$D/run/$1.pid"; } 2> /dev/null || return 1
  [ "$(readlink "/proc/$pid/exe")" = "$packaged/sge_$1" ] &&
    grep -qzxF "CLUSTER_DAEMON=$D" "/proc/$pid/environ" 2> /dev/null && echo "$pid"
}

gone() { ! pid_of "$1"; }

# Only then, what it held open is free for the next one. A zombie holds nothing.
ended() { # PID
  [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"
}

signal() { # NAME SIGNAL
  local pid
  pid=$(pid_of "$1") || die "$1 does not run"
  kill "-$2" "$pid"
  [ "$2" != KILL ] || eventually 5 ended "$pid"
}

finish() { # NAME: ends a daemon, in the hard way where it does not heed the other one
  local pid
  pid=$(pid_of "$1") || return 0
  kill -TERM "$pid"
  kill -CONT "$pid"
  eventually 15 ended "$pid" || signal "$1" KILL
}

# Becomes the daemon, in the foreground (SGE_ND): so the process that was started is the one to be ended. It listens at
# the address of the host's name, and sees another name than the rest of the machine. Jobs inherit its environment.
become() {
  local variables=(PATH="$PATH" LC_ALL=C SGE_ND=1 CLUSTER_DAEMON="$D" SGE_ROOT="$SGE_ROOT" SGE_CELL="$SGE_CELL"
    SGE_QMASTER_PORT="$SGE_QMASTER_PORT" SGE_EXECD_PORT="$SGE_EXECD_PORT")
  cd "$D/run"
  # shellcheck disable=SC2016 # The inner shell is to see its own words.
  exec setsid env -i "${variables[@]}" unshare --uts -- \
    sh -c 'hostname localhost && export LD_PRELOAD="$2" LD_LIBRARY_PATH="$3" && exec "$1"' \
    sh "$packaged/sge_$1" "$D/lib/loopback.so" "$libraries"
}

serves() { # NAME: it runs, and does its work
  pid_of "$1" || return 1
  case $1 in
    qmaster) timeout 5 qconf -sh ;;
    # Without qmaster, nothing knows of its host; one that has not reported has no memory.
    execd) gone qmaster || timeout 5 qhost -h localhost | grep '^localhost .* [0-9.]*[MG] ' ;;
  esac
}

start() { # NAME
  if gone "$1" > /dev/null; then
    rm -f "$D/spool/qmaster/heartbeat"
    (become "$1") < /dev/null >> "$D/log/$1.out" 2>&1 3>&- &
    echo $! > "$D/run/$1.pid"
    # `wait` is not to wait for it.
    disown $! 2> /dev/null || true
  fi
  eventually 20 serves "$1" && return
  tail -n 5 "$D/log/$1".* "$D"/spool/*/messages "$D"/spool/execd/*/messages >&2 2> /dev/null || true
  die "$1 does not come up; its last words are above, the rest is in $D/log and $D/spool"
}

# Processes of jobs, and what looks after them where execd is gone: they have the mark of the execd that started them,
# wherever they have fled to, and are neither of the daemons.
leftovers() {
  local daemons
  daemons="$(pid_of qmaster || true) $(pid_of execd || true)"
  grep -lzxF "CLUSTER_DAEMON=$D" /proc/[0-9]*/environ 2> /dev/null | cut -d/ -f3 | grep -vxF "$(printf '%s\n' $daemons -)"
}

end_leftovers() {
  local pids
  pids=$(leftovers || true)
  [ -n "$pids" ] || return 0
  # shellcheck disable=SC2086 # A word for each pid.
  kill -KILL $pids 2> /dev/null || true
  # Some may have started others meanwhile.
  return 1
}

# --- Commands

up() {
  local holder
  [ "$(id -u)" = 0 ] || die "only root can start it: its jobs are those of another user"
  [ ! -e "$D" ] || [ -O "$D" ] || die "$D belongs to another user"
  holder=$(cat "$D/holder" 2> /dev/null || true)
  if [ -n "$holder" ] && [ "$holder" != "${GRIDENGINE_HOLDER:-}" ] && [ -d "/proc/$holder" ]; then
    die "process $holder uses the cluster in $D; GRIDENGINE_DIR and GRIDENGINE_PORT give you one of your own"
  fi
  unshare --uts true 2> /dev/null || die "daemons cannot be given a host name of their own here, as unshare does"
  [ -e "$D/lib/loopback.so" ] || die "Grid Engine is not here; $0 install brings it"
  down
  # What came up is not to be left behind where something else does not.
  trap down EXIT
  prepare
  [ -z "${GRIDENGINE_HOLDER:-}" ] || echo "$GRIDENGINE_HOLDER" > "$D/holder"
  start qmaster
  configure
  start execd
  runuser -u "$tester" -- qstat > /dev/null || die "$tester cannot ask qmaster, or read what is in $D"
  trap - EXIT
}

# The hard way: qmaster takes 7 seconds to end by itself, and `up` keeps nothing of it.
down() {
  gone execd > /dev/null || signal execd KILL
  eventually 10 end_leftovers || die "processes of jobs do not end: $(leftovers | xargs)"
  gone qmaster > /dev/null || signal qmaster KILL
  rm -f "$D/holder"
}

# Installing the packages themselves would bring a mail server, and daemons for the whole machine.
install() {
  local packages=(gridengine-common gridengine-client gridengine-exec gridengine-master libjemalloc2 libmunge2 libhwloc15)
  local file
  if ! command -v gcc > /dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends gcc libc6-dev
  fi
  [ ! -e "$D/lib/loopback.so" ] || return 0
  rm -rf "$D/debs" "$D/pkg"
  mkdir -p "$D/debs" "$D/pkg" "$D/lib"
  # apt downloads as a user of its own.
  chmod 777 "$D/debs"
  cd "$D/debs"
  apt-get download "${packages[@]}" || { apt-get update && apt-get download "${packages[@]}"; }
  for file in "$D"/debs/*.deb; do dpkg -x "$file" "$D/pkg"; done
  for file in sge_qmaster sge_execd sge_shepherd qsub qstat qacct qdel; do
    ! LD_LIBRARY_PATH=$libraries ldd "$packaged/$file" | grep 'not found' || die "libraries of $file are not here"
  done
  # Last: it tells that all of it is there.
  shim
}

status() {
  local name pid all=0
  for name in qmaster execd; do
    if pid=$(pid_of "$name"); then echo "$name runs as process $pid"; else echo "$name does not run" && all=1; fi
  done
  return $all
}

environment() {
  printf 'export SGE_ROOT=%q SGE_CELL=%q SGE_QMASTER_PORT=%q SGE_EXECD_PORT=%q PATH=%q:"$PATH"\n' \
    "$SGE_ROOT" "$SGE_CELL" "$SGE_QMASTER_PORT" "$SGE_EXECD_PORT" "$SGE_ROOT/bin/$arch"
}

next() { # ID
  gone qmaster > /dev/null || die "qmaster runs, and would not look"
  echo $(($1 - 1)) > "$D/spool/qmaster/jobseqnum"
}

known() {
  [[ $1 =~ ^(qmaster|execd)$ ]] || die "no daemon is called $1"
}

case "${1:-} ${2:-}" in
  "install ") install ;;
  "up ") up ;;
  "down ") down ;;
  "env ") environment ;;
  "status ") status ;;
  "start "?*) known "$2" && start "$2" ;;
  "stop "?*) known "$2" && finish "$2" ;;
  "kill "?*) known "$2" && signal "$2" KILL ;;
  "pause "?*) known "$2" && signal "$2" STOP ;;
  "resume "?*) known "$2" && signal "$2" CONT ;;
  "next "?*) next "$2" ;;
  *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2 && exit 2 ;;
esac
