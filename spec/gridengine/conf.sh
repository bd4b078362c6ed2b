#!/bin/bash
# The files of the cell, and what qconf has to tell qmaster: read by cluster.sh, which sets the variables.
# shellcheck disable=SC2154

# Daemons bind to every address by their own choice, and load their spooling library from the place where the package
# would be installed. Jobs must not inherit what makes them do otherwise.
shim() {
  gcc -shared -fPIC -O1 -DPACKAGE="\"$D/pkg\"" -o "$D/lib/loopback.so" -x c - -ldl << 'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

__attribute__((constructor)) static void alone(void) {
  unsetenv("LD_PRELOAD");
  unsetenv("LD_LIBRARY_PATH");
}

void *dlopen(const char *file, int flags) {
  void *(*real)(const char *, int) = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
  char path[4096];
  if (file != NULL && strncmp(file, "/usr/lib/gridengine/", 20) == 0) {
    snprintf(path, sizeof path, "%s%s", PACKAGE, file);
    file = path;
  }
  return real(file, flags);
}

int bind(int socket, const struct sockaddr *address, socklen_t length) {
  int (*real)(int, const struct sockaddr *, socklen_t) =
      (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  struct sockaddr_in any;
  if (address->sa_family == AF_INET && length >= sizeof any) {
    memcpy(&any, address, sizeof any);
    if (any.sin_addr.s_addr == INADDR_ANY) {
      any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      return real(socket, (struct sockaddr *)&any, sizeof any);
    }
  }
  return real(socket, address, length);
}
END
}

# The libraries that come with the packages are found by the dynamic loader, not by a variable that `qsub -V` would hand
# on to the job.
wrap() { # PROGRAM
  cat << END
#!/bin/sh
exec /lib64/ld-linux-x86-64.so.2 --library-path '$libraries' --argv0 ${1##*/} '$1' "\$@"
END
}

bootstrap() {
  cat << END
admin_user              none
default_domain          none
ignore_fqdn             true
spooling_method         classic
spooling_lib            libspoolc
spooling_params         $cell;$D/spool/qmaster
binary_path             $SGE_ROOT/bin
qmaster_spool_dir       $D/spool/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
END
}

global_conf() {
  cat << END
execd_spool_dir        $D/spool/execd
mailer                 /bin/true
xterm                  /bin/true
shell_start_mode       unix_behavior
login_shells           bash,sh
min_uid                0
min_gid                0
enforce_project        false
enforce_user           auto
load_report_time       00:00:05
max_unheard            00:00:30
reschedule_unknown     00:00:00
loglevel               log_warning
administrator_mail     none
qmaster_params         none
execd_params           ENABLE_ADDGRP_KILL=true
reporting_params       accounting=true reporting=false flush_time=00:00:01 joblog=false sharelog=00:00:00
finished_jobs          0
gid_range              20000-20999
max_aj_instances       2000
max_aj_tasks           75000
max_u_jobs             0
max_jobs               0
auto_user_delete_time  0
END
  [ -z "${GRIDENGINE_EXTRA:-}" ] || echo "$GRIDENGINE_EXTRA"
}

queue_conf() { # NAME LIMIT
  local key
  cat << END
qname $1
hostlist localhost
slots 64
qtype BATCH
pe_list smp
shell /bin/sh
shell_start_mode unix_behavior
tmpdir /tmp
rerun FALSE
notify 00:00:02
h_rt $2
load_thresholds NONE
suspend_thresholds NONE
processors UNDEFINED
initial_state default
END
  for key in seq_no priority; do echo "$key 0"; done
  for key in suspend_interval min_cpu_interval; do echo "$key 00:05:00"; done
  echo nsuspend 1
  for key in prolog epilog starter_method suspend_method resume_method terminate_method owner_list user_lists \
    xuser_lists subordinate_list complex_values projects xprojects calendar ckpt_list; do echo "$key NONE"; done
  for key in s_rt s_cpu h_cpu s_fsize h_fsize s_data h_data s_stack h_stack s_core h_core s_rss h_rss s_vmem h_vmem; do
    echo "$key INFINITY"
  done
}

parallel_conf() {
  cat << 'END'
pe_name            smp
slots              999
user_lists         NONE
xuser_lists        NONE
start_proc_args    NONE
stop_proc_args     NONE
allocation_rule    $pe_slots
control_slaves     FALSE
job_is_first_task  TRUE
urgency_slots      min
accounting_summary FALSE
qsort_args         NONE
END
}

host_conf() {
  local key
  echo hostname localhost
  for key in load_scaling complex_values user_lists xuser_lists projects xprojects usage_scaling report_variables; do
    echo "$key NONE"
  done
}

# A cell without jobs and without a memory of any.
prepare() {
  local program host
  host=$(cat /proc/sys/kernel/hostname)
  rm -rf "$D/spool" "$D/root" "$D/home"
  mkdir -p "$D"/{run,log,lib} "$D"/spool/{qmaster,execd} "$cell" "$SGE_ROOT"/{bin,lib,utilbin}/"$arch"
  rm -f "$D"/log/*
  ln -s "$D/pkg/usr/share/gridengine/util" "$SGE_ROOT/util"
  bootstrap > "$cell/bootstrap"
  echo localhost > "$cell/act_qmaster"
  # Clients know this machine by its own name, daemons call it localhost: it is one host.
  [ "$host" = localhost ] || echo "localhost $host" > "$cell/host_aliases"
  for program in "$packaged"/q* "$packaged/sge_shepherd"; do
    wrap "$program" > "$SGE_ROOT/bin/$arch/${program##*/}"
    chmod 755 "$SGE_ROOT/bin/$arch/${program##*/}"
  done
  {
    tool spoolinit classic libspoolc "$cell;$D/spool/qmaster" init
    global_conf > "$D/run/global.conf"
    # What is called `spooldefaults` is a script with the place of the package in it.
    tool spooldefaults.bin configuration "$D/run/global.conf"
    tool spooldefaults.bin complexes "$D/pkg/usr/share/gridengine/util/resources/centry"
    tool spooldefaults.bin usersets "$D/pkg/usr/share/gridengine/util/resources/usersets"
    tool spooldefaults.bin managers root
  } > "$D/log/spool.log" 2>&1 || die "the spool cannot be made, see $D/log/spool.log"
  # No start has an id of the last one. The largest that there is has seven digits.
  echo $((($(cat "$D/last-id" 2> /dev/null || echo 0) + 10000) % 9000000)) > "$D/last-id"
  cp "$D/last-id" "$D/spool/qmaster/jobseqnum"
  id -u "$tester" > /dev/null 2>&1 || useradd -m -s /bin/bash "$tester"
}

tool() { LD_PRELOAD=$D/lib/loopback.so LD_LIBRARY_PATH=$libraries "$packaged/$1" "${@:2}"; }

# What qmaster must be told itself.
configure() {
  local queue
  {
    qconf -as localhost
    host_conf > "$D/run/host.conf"
    qconf -Ae "$D/run/host.conf"
    parallel_conf > "$D/run/smp.conf"
    qconf -Ap "$D/run/smp.conf"
    for queue in short=00:05:00 long=INFINITY dev=00:00:20; do
      queue_conf "${queue%%=*}" "${queue#*=}" > "$D/run/queue.conf"
      qconf -Aq "$D/run/queue.conf"
    done
    qconf -ssconf | sed 's/^schedule_interval.*/schedule_interval 0:0:1/; s/^flush_\(submit\|finish\)_sec.*/flush_\1_sec 1/
      s/^load_adjustment_decay_time.*/load_adjustment_decay_time 0:0:0/; s/^job_load_adjustments.*/job_load_adjustments NONE/' \
      > "$D/run/scheduler.conf"
    qconf -Msconf "$D/run/scheduler.conf"
  } > "$D/log/configure.log" 2>&1 || die "qmaster will not be configured, see $D/log/configure.log"
}
