# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What mkstock and mkhost share: a Debian system as its packages make it, kept
# until one of them has a new version. Sourced after guestlib.sh by a script
# that has set
#
#   PACKAGES   what is installed, and what that needs
#   MODULES    what the initramfs of the installed system has
#
# Needs root, since the files of a system belong to many users.

# debian_sources: where this machine's own release comes from, security
# updates with it; no backports, nothing from elsewhere.
debian_sources() {
	local name keys=/usr/share/keyrings/debian-archive-keyring.gpg
	name=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	[ -n "$name" ] && [ -r "$keys" ] || return 0
	# shellcheck disable=SC2016 # apt-get expands it
	apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI) $(RELEASE)' \
	    'Created-By: Packages' |
	    awk -v name="$name" -v keys="$keys" '
		$1 == "Debian" && $2 == "main" &&
		    ($4 == name || $4 == name "-updates" ||
		    $4 == name "-security") {
			print "deb [signed-by=" keys "]", $3, $4, "main"
		}' | sort -u
}

# install_system SOURCES OUT: a tar of it. The list of modules is there before
# the kernel is, so that its initrd is made once and small.
install_system() {
	local sources=$1 out=$2 dir option options=()
	for dir in man doc info locale lintian; do
		options+=(--dpkgopt="path-exclude=/usr/share/$dir/*")
	done
	for option in 'APT::Install-Recommends "false"' \
	    'Acquire::Languages "none"'; do
		options+=(--aptopt="$option")
	done
	# shellcheck disable=SC2016 # mmdebstrap gives $1
	mmdebstrap --quiet --mode=root --variant=minbase "${options[@]}" \
	    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
	    --include="$(IFS=,; echo "${PACKAGES[*]}")" \
	    --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" \
		"$1/usr/share/initramfs-tools/modules.d"' \
	    --essential-hook='printf "MODULES=list\nCOMPRESS=zstd\n" \
		>"$1/etc/initramfs-tools/conf.d/shieldwall"' \
	    --essential-hook="printf '%s\n' ${MODULES[*]} \
		>\"\$1/usr/share/initramfs-tools/modules.d/shieldwall\"" \
	    "$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)" \
	    "$out" "$sources"
}

# versions_key NAMES: a digest of what apt would install for each of these
# packages and of how it is installed.
versions_key() {
	local versions
	versions=$(xargs apt-cache show --no-all-versions <"$1" 2>/dev/null |
	    awk '/^Package: / { p = $2 } /^Version: / { print p, $2 }' |
	    sort || true)
	{ declare -f install_system && declare -p PACKAGES MODULES &&
	    echo "$versions"; } | sha256sum |
	    cut -d' ' -f1
}

# is_current DIR: the system there has the packages that apt would install.
# Without package lists it has to do.
is_current() {
	[ -s "$1/key" ] && [ -s "$1/root.tar.zst" ] || return 1
	[ -n "$(debian_sources)" ] || return 0
	[ "$(versions_key "$1/names")" = "$(cat "$1/key")" ]
}

# make_system DIR
make_system() {
	local new=$1.new
	say "installing Debian: some minutes, once"
	rm -rf "$new"
	mkdir "$new"
	debian_sources >"$new/sources.list"
	if [ ! -s "$new/sources.list" ] && refresh_lists; then
		debian_sources >"$new/sources.list"
	fi
	[ -s "$new/sources.list" ] ||
	    die "apt knows no Debian of this machine's release"
	install_system "$new/sources.list" "$new/root.tar.zst" ||
	    die "mmdebstrap failed"
	tar -xOf "$new/root.tar.zst" ./var/lib/dpkg/status |
	    sed -n 's/^Package: //p' | sort >"$new/names"
	versions_key "$new/names" >"$new/key"
	rm -rf "$1"
	mv "$new" "$1"
}

# unpack_system NAME ROOT: the installed system, from the cache; two runs at once
# install it once.
unpack_system() {
	local dir
	dir=$(cache_dir)/$1
	exec 9>"$dir.lock"
	flock 9
	is_current "$dir" || make_system "$dir"
	mkdir "$2"
	tar -C "$2" -xpf "$dir/root.tar.zst" --numeric-owner --xattrs \
	    --xattrs-include='*' --exclude='./dev/*'
	exec 9>&-
}
