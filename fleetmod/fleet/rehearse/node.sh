# Becomes a node: a root of its own, in which only the system's programs are this machine's. Runs as
# root and as the first process of fresh namespaces (unshare(1)); what is made here ends with them.
# Arguments: the stage, the node's name, its uid.
set -eu
umask 022
stage=$1 name=$2 uid=$3 root=$1/root

chmod -R a+rX "$stage/etc" # whatever the caller's umask was
chmod 755 "$stage/home"
mount -t tmpfs -o mode=755 node "$root"
cd "$root"
mkdir -p .old .layers home proc sys dev root mnt opt/fleetmod/bin "run/user/$uid" var/lib/events
mkdir -m 1777 tmp var/tmp

# share FOLDER: one of this machine's, links as links (/bin -> usr/bin)
share() {
  if [ -L "/$1" ]; then cp -P "/$1" "$1"; elif [ -d "/$1" ]; then
    mkdir -p "$1"; mount --rbind "/$1" "$1"
  fi
}

layers=0
# layer FOLDER PLACE [NUMBER]: a folder that may be changed there, and is not changed here. It gets a
# neutral name first, since mount(8) splits an option at commas and overlayfs at colons. By NUMBER it
# is known (device:inode): whoever owns the folder above could have put a link in its place.
layer() {
  layers=$((layers + 1))
  mkdir -p ".layers/$layers/lower" ".layers/$layers/upper" ".layers/$layers/work" "$2"
  mount --bind "$1" ".layers/$layers/lower"
  if [ -n "${3-}" ] && [ "$(stat -c %d:%i ".layers/$layers/lower")" != "$3" ]; then
    echo "$1 was replaced by another folder meanwhile" >&2
    exit 1
  fi
  chown "$uid:$uid" ".layers/$layers/upper"
  at=$root/.layers/$layers
  mount -t overlay -o "lowerdir=$at/lower,upperdir=$at/upper,workdir=$at/work" overlay "$2"
}

# show THING PLACE: a file or folder of this machine
show() {
  if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "${2%/*}"; : > "$2"; fi
  mount --bind "$1" "$2"
}

# link TARGET PLACE: unless something is there
link() {
  mkdir -p "${2%/*}"
  [ -e "$2" ] || [ -L "$2" ] || ln -s "$1" "$2"
}

# hide FOLDER: what is seen of it through one that is shared
hide() {
  if [ -d ".$1" ]; then mount -t tmpfs hidden ".$1"; fi
}

for folder in bin sbin lib lib32 lib64 libx32 usr nix snap; do share "$folder"; done
layer /etc etc
chown 0:0 etc
cp -R --remove-destination "$stage/etc/." etc/
mount --bind "$stage/home" home
mount --bind "$stage/../events" var/lib/events
. "$stage/plan.sh" # calls of the functions above, as the repository asks for

mount -t proc proc proc
mount -t sysfs sysfs sys # with the devices of this network only
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 shm dev/shm
# version 2, in which a user manager needs a group of its own and nothing else (cgroups(7))
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir -p run/systemd/system # sd_booted(3): systemctl refuses to work without it
chown "$uid:$uid" "run/user/$uid"
chmod 700 "run/user/$uid"
echo "$name" > proc/sys/kernel/hostname
ip link set lo up

pivot_root . .old
# `wait` collects whatever is orphaned here
exec chroot . /bin/sh -c 'umount -l /.old; rmdir /.old; echo ready; sleep infinity & wait'
