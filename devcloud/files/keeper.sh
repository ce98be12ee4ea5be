#!/bin/sh
# Makes the devcloud's namespaces and becomes their process 1, in three stages that each exec the next:
#   join   in the host: enter the control groups $JOIN, so that the cgroup namespace made next is rooted there
#   leaf   move on to the control groups $LEAF (on cgroup v2 a group with children may hold no processes)
#   mount  as process 1 of the new namespaces: mount what the daemons need, pivot into $ROOT, exec tini
# tini, because process 1 must reap: libvirt waits for ever on zombies otherwise.
set -eu
# What outlives the program must not hold what its caller had open: a lock, say, would never be free again.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
stage=$1

case $stage in
join)
    for group in $JOIN; do echo $$ >"$group/cgroup.procs"; done
    exec unshare --cgroup sh "$0" leaf
    ;;
leaf)
    for group in $LEAF; do echo $$ >"$group/cgroup.procs"; done
    exec unshare --mount --net --ipc --uts --pid --fork --propagation private sh "$0" mount
    ;;
mount)
    # A mount point of its own and pivot_root: with a plain chroot libvirt_lxc dies with
    # "Failed disable mount propagation out of the root filesystem".
    mount --bind "$ROOT" "$ROOT"
    mount -t proc proc "$ROOT/proc"
    # A fresh sysfs, made in the new network namespace: the agents read /sys/class/net.
    mount -t sysfs sysfs "$ROOT/sys"
    if [ -n "$CGROUP1" ]; then
        mount -t tmpfs -o mode=755 cgroup "$ROOT/sys/fs/cgroup"
        for options in $CGROUP1; do
            directory=$ROOT/sys/fs/cgroup/${options#none,name=}
            mkdir -p "$directory"
            mount -t cgroup -o "$options" cgroup "$directory"
        done
    else
        mount -t cgroup2 cgroup2 "$ROOT/sys/fs/cgroup"
    fi
    mount -t tmpfs -o mode=755 tmpfs "$ROOT/run"
    # `started` is only looked at: its time is that of this start.
    mkdir -p "$ROOT/run/netns" "$ROOT/run/devcloud/started"
    mkdir -p -m 1777 "$ROOT/run/lock"
    mount --rbind /dev "$ROOT/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
    # A KVM device may exist and hang; LXC servers need none.
    [ ! -e /dev/kvm ] || mount --bind /dev/null "$ROOT/dev/kvm"
    hostname devcloud
    cd "$ROOT"
    mkdir -p .old
    pivot_root . .old
    umount -l /.old
    rmdir /.old
    exec env -i PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root PTERO_DEVCLOUD_ROOT="$HOME_DIRECTORY" \
        tini -- sleep infinity
    ;;
esac
