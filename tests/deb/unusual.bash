# SPDX-License-Identifier: BSD-3-Clause
# Sourced by run. Tests rare cases: copies of the system, archives with other names, another user that tries
# to block dpkg, a package with a broken control member.
. "$here/../support/matrix/state.bash"
node=egerl

deb() { echo "/srv/archive/chain2/$1_$2_all.deb"; }
all_have() {
  survey ca cb
  holds "all have $1" equal "$states; $agreed" "$1 ii, $1 ii; yes"
}

install_programs
start_node $node 4040
register_node $node
quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
all_have 1.0

say "In a copy of the system the packages are removed:"
mkdir -p /tmp/copy /tmp/changes/upper /tmp/changes/work
mount -t overlay overlay -o lowerdir=/,upperdir=/tmp/changes/upper,workdir=/tmp/changes/work /tmp/copy
mount --bind /dev /tmp/copy/dev
holds "without /proc" quietly chroot /tmp/copy dpkg --remove cb
mount -t proc proc /tmp/copy/proc
holds "with /proc" quietly chroot /tmp/copy dpkg --remove ca
holds "they are gone from the copy" refused test -e /tmp/copy$lib/ca-1.0/ebin/ca.app
umount -R /tmp/copy
all_have 1.0

say "Archives that are not named after their packages:"
mkdir /tmp/archives
cp "$(deb ca 1.1)" /tmp/archives/second.deb
cp "$(deb cb 1.1)" /tmp/archives/first-1.1.deb
holds "installed" quietly dpkg -i /tmp/archives/first-1.1.deb /tmp/archives/second.deb
all_have 1.1
holds "downgraded" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
all_have 1.0

head -c 3000 "$(deb cb 1.1)" >/tmp/archives/cb_1.1_all.deb
again=/tmp/archives/cb_1.1_all.deb
holds "a damaged archive that is named twice" refused quietly timeout 60 dpkg -i "$(deb ca 1.1)" $again $again
holds "is skipped" equal "$(dpkg_says ca), $(dpkg_says cb)" '1.1 ii, 1.0 ii'
holds "downgraded" quietly dpkg -i "$(deb ca 1.0)" "$(deb cb 1.0)"
all_have 1.0

say "Another user:"
holds "cannot lock the directory that erlrc-hook locks" \
  refused setpriv --reuid=nobody --regid=nogroup --clear-groups flock --nonblock /run/erlrc true

# Only the control member erlrc of the package is broken.
say "A control member that cannot be read:"
dpkg-deb -R "$(deb ca 1.0)" /tmp/broken
echo 'restart-after = 3' >>/tmp/broken/DEBIAN/erlrc
dpkg-deb -b /tmp/broken /tmp/archives/ca_1.0_all.deb >/dev/null
holds "its package is refused where a node runs" refused quietly dpkg -i /tmp/archives/ca_1.0_all.deb
holds "the file is named" contains "$(<"$logs/command.log")" "tmp.ci/erlrc:"
all_have 1.0
unregister() { mv /etc/erlrc.d/nodes/$node /tmp/; }
unregister
holds "and installed where no node is registered" quietly dpkg -i /tmp/archives/ca_1.0_all.deb
mv /tmp/$node /etc/erlrc.d/nodes/
holds "another package is installed all the same" quietly dpkg -i --force-depends "$(deb cb 1.0)"
holds "and so is a fixed version of its own" quietly dpkg -i "$(deb ca 1.1)" "$(deb cb 1.1)"
all_have 1.1
unregister
quietly dpkg -i --force-depends /tmp/archives/ca_1.0_all.deb || true
mv /tmp/$node /etc/erlrc.d/nodes/
holds "it can be removed" quietly dpkg --remove --force-depends ca
holds "the reason why nothing is stopped is reported" \
  contains "$(<"$logs/command.log")" "nothing is known of the applications of ca"

say "Two packages that ship the same application:"
quietly dpkg --purge --force-depends ca cb || true
stop_nodes
start_node $node 4040
bundle=/tmp/bundle
dpkg-deb -R "$(deb ca 1.1)" $bundle
sed -i 's/^Package: ca/Package: bundle/' $bundle/DEBIAN/control
sed -i "s,$lib,/usr/lib/bundle," $bundle/DEBIAN/erlrc
mv $bundle$lib $bundle/usr/lib/bundle
mv $bundle/usr/share/ca $bundle/usr/share/bundle
mv $bundle/etc/erlrc.d/applications/ca.d $bundle/etc/erlrc.d/applications/bundle.d
dpkg-deb --root-owner-group -Znone -b $bundle /tmp/archives/bundle.deb >/dev/null
holds "the first" quietly dpkg -i "$(deb ca 1.0)"
holds "the second, next to it" quietly dpkg -i /tmp/archives/bundle.deb
holds "the node runs the first" equal "$(running $node ca)" '["1.0"]'
holds "the first is removed" quietly dpkg --remove ca
holds "the node changes to the second" equal "$(running $node ca) $(on_node $node 'ca_srv:vsn().')" '["1.1"] "1.1"'
holds "the second is removed" quietly dpkg --remove bundle
holds "the node does not run it any longer" equal "$(running $node ca)" '[]'
holds "no package is half done" nothing_pending
