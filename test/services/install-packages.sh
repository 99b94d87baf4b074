#!/bin/sh
# install-packages.sh POLICY PACKAGE…: installs Debian's packages and starts none of their services, whose packages ask POLICY before.
# A shell that is interrupted waits for apt-get first and puts away what it has made then, which Node would leave behind.
policy=$1
shift
trap 'exit 130' INT
trap 'exit 143' HUP TERM
# Whoever reads what it says may be gone before.
trap : PIPE

apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# A policy that the machine has already is left as it is. Ours forbids nothing any more once this shell is gone, however it ended.
if (set -C && printf '#!/bin/sh\nkill -0 %s 2>/dev/null && exit 101\nexit 0\n' "$$" >"$policy") 2>/dev/null; then
  trap 'rm -f "$policy"' EXIT
  chmod 755 "$policy"
fi

# Some list may be out of reach and the packages in another.
apt_get update
apt_get install --yes --no-install-recommends "$@"
