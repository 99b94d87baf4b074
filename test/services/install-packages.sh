#!/bin/sh
# install-packages.sh POLICY PACKAGE…: installs Debian's packages and starts none of their services, whose packages ask POLICY before.
# A shell that is interrupted waits for apt-get first and puts away what it has made then, which Node would leave behind.
policy=$1
shift
trap 'exit 130' INT
trap 'exit 143' HUP TERM
# Whoever reads what it says may be gone before. To apt-get that would be an end amid its work, so it speaks to a file.
trap : PIPE
said=$(mktemp)
trap 'rm -f "$said"' EXIT

quietly() {
  DEBIAN_FRONTEND=noninteractive "$@" >/dev/null 2>"$said" || { cat "$said" >&2 && false; }
}
apt_get() {
  quietly apt-get -o DPkg::Lock::Timeout=300 "$@"
}

# Forbids while its lock is held: by this shell, and by the apt-get that outlives it. Afterwards it forbids nothing, should it still be there.
ours='# Of the tests of Portcullis, which install what they need.'
make_policy() {
  (set -C && printf '#!/bin/sh\n%s\nflock --nonblock "$0" true && exit 0\nexit 101\n' "$ours" >"$policy") &&
    chmod 755 "$policy"
}

# Another run's is waited for, what a run left that was killed is taken over, and a policy that the machine has is left as it is.
hold_policy() {
  while make_policy || [ -e "$policy" ]; do
    command exec 9<"$policy" || continue
    grep -qxF "$ours" <&9 || return
    flock --timeout 600 9 || exit
    [ "$policy" -ef /proc/self/fd/9 ] || continue
    trap 'rm -f "$said" "$policy"' EXIT
    return
  done
}
hold_policy 2>/dev/null

# Some list may be out of reach and the packages in another.
apt_get update
# Of an apt-get that was killed as well.
quietly dpkg --configure --pending
apt_get install --yes --no-install-recommends "$@"
