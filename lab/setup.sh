#!/bin/sh
# Installs what the lab runs: Debian packages, and Python packages in lab/.run/venv.
# Needs root (for apt), Debian 12 or later. Safe to run again.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

packages="
  iproute2 procps util-linux openssl zstd ethtool tshark iputils-ping curl
  snmpd snmp lldpd dnsmasq-base bind9-dnsutils isc-dhcp-client chrony
  openssh-server openssh-client inetutils-telnetd inetutils-telnet openbsd-inetd expect
  vsftpd lftp nginx-light samba smbclient mosquitto
  xrdp freerdp2-x11 xvfb python3-venv
"

missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done

# The packaged daemons must not start on this machine: the lab starts its own, each in its own
# namespace. Debian asks /usr/sbin/policy-rc.d; one that is already there is left as it is.
if [ -n "$missing" ]; then
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -q
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

[ -x "$here/.run/venv/bin/python" ] || python3 -m venv "$here/.run/venv"
"$here/.run/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
echo "lab: everything is installed; go on with: $here/lab.py record OUT.pcapng"
