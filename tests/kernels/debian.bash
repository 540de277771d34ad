# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# Sourced: Debian's packages of other suites and architectures, through an APT of its own that knows
# nothing of this machine's and changes nothing of it. What was fetched is kept in $cache.

cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/socktape
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# mirror: this machine's, as its own sources name it.
mirror() {
	# shellcheck disable=SC2016 # for apt-get to expand
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$'
}

apt_configure() {
	local apt=$cache/apt base
	[ ! -e "$apt/apt.conf" ] || return 0
	base=$(mirror) || {
		echo "this machine's APT sources name no Debian mirror" >&2
		return 1
	}
	base=${base%/}
	mkdir -p "$apt"/{lists,archives}/partial
	{
		for suite in bookworm bookworm-backports trixie trixie-backports; do
			echo "deb [signed-by=$keyring] $base $suite main"
		done
		for suite in bullseye-security bookworm-security trixie-security; do
			echo "deb [signed-by=$keyring] $base-security $suite main"
		done
	} >"$apt/sources.list"
	# How to reach the mirror is this machine's; nothing else is.
	apt-config dump Acquire >"$apt/apt.conf.tmp"
	cat >>"$apt/apt.conf.tmp" <<-EOF
		Dir::State "$apt";
		Dir::State::Lists "$apt/lists";
		Dir::State::status "/dev/null";
		Dir::Cache "$apt";
		Dir::Etc::Parts "/dev/null";
		Dir::Etc::Main "/dev/null";
		Dir::Etc::sourcelist "$apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "amd64";
		APT::Architectures { "amd64"; "arm64"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::GzipIndexes "true";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
		Acquire::Retries "2";
	EOF
	mv "$apt/apt.conf.tmp" "$apt/apt.conf"
}

# debian APT-PROGRAM ARGUMENT...
debian() {
	APT_CONFIG=$cache/apt/apt.conf "$@"
}

# apt_update: the lists of packages, at most a day old. Old ones do where there are no new ones.
apt_update() {
	local stamp=$cache/apt/updated
	mkdir -p "$cache/apt"
	(
		flock 9
		[ -z "$(find "$stamp" -mmin -1440 2>/dev/null)" ] || exit 0
		apt_configure || exit 1
		if debian apt-get -qq update >"$cache/apt/log" 2>&1; then
			touch "$stamp"
		elif [ ! -e "$stamp" ]; then
			echo "the lists of packages can't be fetched: $(tail -1 "$cache/apt/log")" >&2
			exit 1
		fi
	) 9>"$cache/apt/lock"
}

# newest PATTERN ARCHITECTURE: the package whose name matches and has the highest version.
newest() {
	local pattern=${1//./\\.} names
	pattern=${pattern//+/\\+}
	names=$(debian apt-cache --names-only search "^${pattern//N/[0-9.-]+}\$" |
		awk -v architecture="$2" '{ print $1 ":" architecture }')
	# shellcheck disable=SC2086 # one argument each
	[ -z "$names" ] || debian apt-cache --no-all-versions show $names 2>/dev/null |
		sed -n 's/^Package: //p' | sort -V | tail -1
}
