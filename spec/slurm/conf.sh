#!/bin/bash
# The configuration files, the database and the accounts of the cluster: sourced by cluster.sh, which sets the variables.
# shellcheck disable=SC2154

slurm_conf() { # SECONDS: the message timeout
  local node number=0
  cat << END
ClusterName=specs
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$owner
SlurmdUser=$owner
# A requeued job waits until its old credential has expired: by default two minutes.
AuthInfo=socket=$socket,cred_expire=10
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$D/state
SlurmdSpoolDir=$D/spool/%n
SlurmctldPidFile=$D/state/slurmctld.pid
SlurmdPidFile=$D/spool/%n.pid
SlurmctldLogFile=$D/log/slurmctld.log
SlurmdLogFile=$D/log/slurmd-%n.log
MailProg=/bin/true
# Without cgroups, so that it works in any container; and with nodes larger than the machine.
ProctrackType=proctrack/linuxproc
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
# Slurm ends a job that takes more memory than it asked for.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
# The limits of the submitting shell do not apply to jobs.
PropagateResourceLimits=NONE
ReturnToService=2
MinJobAge=${CLUSTER_MIN_JOB_AGE:-300}
MessageTimeout=$1
KillWait=2
SlurmctldTimeout=30
SlurmdTimeout=30
SchedulerParameters=batch_sched_delay=1,sched_interval=2,sched_min_interval=200000,default_queue_depth=1000,bf_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=DEFAULT Nodes=ALL DefaultTime=1 PreemptMode=OFF
PartitionName=short MaxTime=5 Default=YES
PartitionName=long MaxTime=240
PartitionName=dev MaxTime=1
PartitionName=low MaxTime=60 PriorityTier=1 PreemptMode=REQUEUE
PartitionName=high MaxTime=60 PriorityTier=10
END
  for node in "${nodes[@]}"; do
    number=$((number + 1))
    echo "NodeName=$node NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + 10 + number)) CPUs=64 RealMemory=64000"
  done
  if [ "$accounting" = yes ]; then
    # Connections to slurmdbd ignore AuthInfo: the socket goes where a password would be.
    cat << END
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((port + 1))
AccountingStoragePass=$socket
AccountingStorageEnforce=associations,limits,qos
AccountingStoreFlags=job_comment
END
  fi
  echo "${CLUSTER_EXTRA:-}"
}

slurmdbd_conf() {
  cat << END
AuthInfo=socket=$socket
CommunicationParameters=NoInAddrAny
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$((port + 1))
SlurmUser=$owner
LogFile=$D/log/slurmdbd.log
PidFile=$D/state/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=$keeper
StorageLoc=accounts
END
}

prepare() {
  local node
  mkdir -p "$D"/{etc,run,log,state,munge,spool}
  for node in "${nodes[@]}"; do mkdir -p "$D/spool/$node"; done
  rm -f "$D"/log/* "$D"/run/*.pid
  [ -s "$D/munge/key" ] || (umask 077 && head -c 128 /dev/urandom > "$D/munge/key")
  slurm_conf 20 > "$SLURM_CONF"
  slurm_conf "${CLUSTER_MESSAGE_TIMEOUT:-5}" > "$client_conf"
  (umask 077 && slurmdbd_conf > "$D/etc/slurmdbd.conf")
  id -u "$tester" > /dev/null 2>&1 || useradd -m -s /bin/bash "$tester"
}

make_data_base() {
  # A database that was not finished is made again.
  [ -e "$D/mysql/made" ] && return
  rm -rf "$D/mysql"
  mkdir -m 700 "$D/mysql" "$D/mysql/data"
  [ "$owner" != root ] || chown "$keeper:" "$D/mysql" "$D/mysql/data"
  mariadb-install-db --no-defaults --user="$keeper" --datadir="$D/mysql/data" --skip-test-db --skip-name-resolve \
    > "$D/log/mariadb-install-db.log" 2>&1 || die "mariadb-install-db failed, see $D/log/mariadb-install-db.log"
  touch "$D/mysql/made"
}

make_accounts() {
  [ -e "$D/mysql/accounts" ] && return
  {
    sacctmgr -iQ add cluster specs
    sacctmgr -iQ add qos limited MaxSubmitJobsPerUser=5
    sacctmgr -iQ add account specs Description=specs Organization=specs
    # One by one: both names may be the same user.
    for user in root "$tester"; do
      sacctmgr -iQ add user "$user" DefaultAccount=specs DefaultQOS=normal QOS=normal,limited
    done
  } > "$D/log/sacctmgr.log" 2>&1 || die "sacctmgr failed, see $D/log/sacctmgr.log"
  touch "$D/mysql/accounts"
}
