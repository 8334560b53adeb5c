# Runs as root inside the new root filesystem, once its packages are installed and up to date.

# Every host makes its own: see sshd-keygen.service.d and machine-id(5).
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
ln -s /etc/machine-id /var/lib/dbus/machine-id

# The kernel is the machine's: there are no modules to load, and the unit would fail.
ln -s /dev/null /etc/systemd/system/systemd-modules-load.service

install -d -m 700 /root/.ssh
rm -f /etc/hostname /etc/resolv.conf
