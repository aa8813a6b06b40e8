#!/bin/sh
# A command of Merzim as its service runs: by the service's user, with its settings and secrets.
# As root: install -m 0755 docs/operations/merzim.sh /usr/local/sbin/merzim; then `merzim verify`, `merzim backup FILE`.
set -eu
umask 0027
secrets=/etc/merzim/secrets
if [ -f "$secrets" ]; then
    # NAME=value, one a line, taken as it stands: nothing in a value means anything to the shell.
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
            [A-Za-z_]*=*) export "${line?}" ;;
        esac
    done < "$secrets"
fi
export HOME=/var/lib/merzim
as_service() {
    setpriv --reuid=merzim --regid=merzim --init-groups "$@"
}
# From a folder that is closed to the service's user, such as /root, a command runs in /var/lib/merzim.
as_service test -x . || cd "$HOME"
as_service /opt/merzim/bin/merzim --config /etc/merzim/config.toml "$@"
