# Runs as root inside a new root filesystem: sh -eu sources.sh SUITE MIRROR SECURITY_MIRROR
# Names the package sources, reads their indexes and takes the updates that came after the release.
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
