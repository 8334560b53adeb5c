# Runs as root inside the new root filesystem: sh -eu setup.sh SUITE MIRROR SECURITY_MIRROR
suite=$1 mirror=$2 security=$3
export DEBIAN_FRONTEND=noninteractive

sources() {
  rm -f /etc/apt/sources.list
  {
    printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\n' "$mirror" "$2"
    printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
    if [ "$1" = with-security ]; then
      printf '\nTypes: deb\nURIs: %s\nSuites: %s-security\nComponents: main\n' "$security" "$suite"
      printf 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n'
    fi
  } >/etc/apt/sources.list.d/debian.sources
  apt-get -q -o APT::Update::Error-Mode=any update
}

# A mirror of a closed site may carry the release alone.
sources with-security "$suite $suite-updates" || sources plain "$suite"
apt-get -q -y upgrade
apt-get -q clean

# Every host makes its own: see sshd-keygen.service.d and machine-id(5).
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
ln -s /etc/machine-id /var/lib/dbus/machine-id

# The kernel is the machine's: there are no modules to load, and the unit would fail.
ln -s /dev/null /etc/systemd/system/systemd-modules-load.service

install -d -m 700 /root/.ssh
rm -f /etc/hostname /etc/resolv.conf
