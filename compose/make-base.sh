#!/bin/bash
# make-base.sh [TAG]: a stand-in for python:3.12-slim-bookworm, for machines that cannot reach a registry. Users need it not.
#
# Debian (minbase) from the mirror that this machine uses, with a Python 3.12 of pyenv in /usr/local if there is one, else
# Debian's own; and this machine's certificate authorities, so that pip works behind a proxy. It takes half a minute, root,
# and debootstrap. The image holds the machine's package source and authorities: never push it.
set -euo pipefail

command -v debootstrap >/dev/null || { echo "make-base.sh: needs debootstrap (apt-get install debootstrap)" >&2; exit 1; }

tag=${1:-mailflow-lab-base:local}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root log=$work/debootstrap.log

. /etc/os-release
sources=/etc/apt/sources.list.d/debian.sources
if [ -f "$sources" ]; then
    mirror=$(awk '/^URIs:/ {print $2; exit}' "$sources")
else
    mirror=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' /etc/apt/sources.list)
fi
python=$(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.* 2>/dev/null | sort -V | tail -1 || true)

packages=ca-certificates,netbase,tzdata
if [ -n "$python" ]; then
    t64=""
    [ "$VERSION_CODENAME" = bookworm ] || t64=t64          # Debian 13 has renamed these
    packages=$packages,libssl3$t64,libtirpc3$t64,libreadline8$t64
    packages=$packages,libffi8,libsqlite3-0,libbz2-1.0,liblzma5,libncursesw6,zlib1g,libuuid1,libexpat1,libnsl2
else
    packages=$packages,python3,python3-venv,python3-pip
fi
debootstrap --variant=minbase --include="$packages" "$VERSION_CODENAME" "$root" "$mirror" >"$log" 2>&1 ||
    { tail -20 "$log" >&2; exit 1; }

if [ -n "$python" ]; then
    # Without its packages, which may belong to this machine; pip is put in anew.
    tar -C "$python" --exclude=__pycache__ --exclude=test --exclude=tests --exclude='config-3*' --exclude=idlelib \
        --exclude=tkinter --exclude=turtledemo --exclude='_tkinter*' --exclude='site-packages/*' -c bin/python3.12 lib |
        tar -C "$root/usr/local" -x
    strip --strip-unneeded "$root"/usr/local/lib/libpython3.12.so.1.0 2>/dev/null || true
    chroot "$root" ldconfig
    ln -s python3.12 "$root/usr/local/bin/python3"
    chroot "$root" /usr/local/bin/python3 -m ensurepip >>"$log" 2>&1
    ln -s pip3 "$root/usr/local/bin/pip"
else
    ln -s /usr/bin/python3 "$root/usr/local/bin/python3"
fi
ln -s python3 "$root/usr/local/bin/python"

cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
cat >"$root/etc/pip.conf" <<'END'
[global]
cert = /etc/ssl/certs/ca-certificates.crt
disable-pip-version-check = true
root-user-action = ignore
END

rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,locale,info}/*
tar -C "$root" --exclude='./dev/*' -c . | docker import \
    -c 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' -c 'ENV LANG=C.UTF-8' \
    -c 'CMD ["python3"]' - "$tag"
