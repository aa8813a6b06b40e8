#!/bin/sh
# Make dist/merzim_VERSION_ARCHITECTURE.deb from the offline bundle: its files lie in /usr/lib/merzim, and the
# installation makes /opt/merzim of them, without a network. `make deb` calls it, after `make bundle`.
set -eu
cd "$(dirname "$0")/../.."
version=$(.venv/bin/python -c 'from merzim.version import of_source; print(of_source())')
bundle=$(ls -d dist/merzim-"$version"-offline-*/ | head -n 1)
architecture=$(dpkg --print-architecture)
minor=$(sed 's/^py3\([0-9]*\)-.*/\1/' "$bundle/PYTHON")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 0755 "$root"

install -d "$root/DEBIAN" "$root/usr/lib" "$root/usr/sbin" "$root/usr/share/doc/merzim" "$root/lib/systemd/system" "$root/etc/merzim"
cp -r "$bundle" "$root/usr/lib/merzim"
install -m 0755 docs/operations/merzim.sh "$root/usr/sbin/merzim"
install -m 0644 docs/operations.md CHANGELOG.md SECURITY.md "$root/usr/share/doc/merzim/"
install -m 0644 LICENSE "$root/usr/share/doc/merzim/copyright"
install -m 0644 docs/operations/package.toml "$root/etc/merzim/config.toml"
for unit in docs/operations/*.service; do
    sed 's#/usr/local/share/doc/#/usr/share/doc/#' "$unit" >"$root/lib/systemd/system/$(basename "$unit")"
done
echo /etc/merzim/config.toml >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: merzim
Version: $version
Architecture: $architecture
Maintainer: The developers of Merzim <merzim@example.kz>
Depends: python3 (>= 3.$minor), python3 (<< 3.$((minor + 1))), python3-venv, adduser, openssl
Section: web
Priority: optional
Description: Deadlines of the internal analysis of corruption risks in Kazakhstan
 Computes, explains, reminds of and shows the deadlines of internal analyses
 of corruption risks and of the other procedures of the founding documents.
CONTROL
cat >"$root/DEBIAN/postinst" <<'POSTINST'
#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
getent passwd merzim >/dev/null ||
    adduser --quiet --system --group --home /var/lib/merzim --no-create-home --shell /usr/sbin/nologin merzim
install -d -o merzim -g merzim -m 0750 /var/lib/merzim
PYTHON=/usr/bin/python3 sh /usr/lib/merzim/install.sh /opt/merzim
if [ ! -f /etc/merzim/secrets ]; then
    (umask 0077; echo "MERZIM_SECRET_KEY=$(openssl rand -base64 32)" >/etc/merzim/secrets)
    echo "Keep a copy of /etc/merzim/secrets apart from the backups."
fi
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl try-restart merzim-web 'merzim-worker@*' || true
fi
if [ -z "$2" ]; then
    echo "Next: name the organisation (office.name) and the address of its pages (web.public_address) in /etc/merzim/config.toml, then"
    echo "  merzim check-config && merzim installation && systemctl enable --now merzim-web"
fi
POSTINST
cat >"$root/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
[ "$1" = remove ] || exit 0
if [ -d /run/systemd/system ]; then systemctl disable --now merzim-web 'merzim-worker@*' || true; fi
PRERM
cat >"$root/DEBIAN/postrm" <<'POSTRM'
#!/bin/sh
set -e
case "$1" in
remove) rm -rf /opt/merzim ;;
purge) echo "What the office wrote stays: /var/lib/merzim, /etc/merzim/secrets and the user merzim." ;;
esac
POSTRM
chmod 0755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
chmod -R u+rwX,go+rX,go-w "$root/usr" "$root/etc" "$root/lib"
dpkg-deb --build --root-owner-group -Zxz "$root" "dist/merzim_${version}_$architecture.deb" >/dev/null
echo "dist/merzim_${version}_$architecture.deb"
