# Runs as root inside the new root filesystem, once its packages are installed and up to date.

# Containers carry no manuals: neither what is installed now nor what an image adds later.
cat >/etc/dpkg/dpkg.cfg.d/no-manuals <<'END'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/info/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/lintian/*
END
find /usr/share/doc -type f ! -name copyright -delete
find /usr/share/doc -type l -delete
find /usr/share/doc -mindepth 1 -type d -empty -delete
rm -rf /usr/share/info/* /usr/share/locale/* /usr/share/lintian/*
# The folders stay: packages link their alternatives there, and fail where they are missing.
find /usr/share/man ! -type d -delete

rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/*.log /var/log/apt /etc/hostname /etc/resolv.conf
: >/etc/machine-id

# Every service runs as this user; it owns nothing but the folder of its data.
groupadd --gid 10001 odin
useradd --uid 10001 --gid odin --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin odin
