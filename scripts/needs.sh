# Sourced by scripts/run, scripts/test and scripts/fuzz: installs the Debian packages that are missing, or says how.
# shellcheck shell=bash

# What the daemon is built from, what runs JavaScript and Python plugins, and curl for the README's first call.
k_run_packages=(
  cmake ninja-build g++ ca-certificates
  libboost1.81-dev libsimdjson-dev libsqlite3-dev libspdlog-dev libfmt-dev libcli11-dev libtomlplusplus-dev
  libre2-dev libpcre2-dev libidn2-dev prometheus-cpp-dev libcurl4-openssl-dev libsodium-dev
  nodejs npm python3 curl
)
# What the tests need beside these.
k_test_packages=(libgtest-dev libgmock-dev clang-format ccache)
# What fuzzing needs beside the first ones.
k_fuzz_packages=(clang-19 libclang-rt-19-dev)

# A program counts whichever package it came from: Node.js is often not Debian's.
have_package() {
  case $1 in
    nodejs) command -v node >/dev/null ;;
    npm | cmake | python3 | clang-format | ccache | curl) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

# need_packages NAME…: installs what is missing as root or through sudo; otherwise prints the line to run and stops.
need_packages() {
  local missing=() package as_root=()
  for package in "$@"; do have_package "$package" || missing+=("$package"); done
  [ ${#missing[@]} -eq 0 ] && return
  if ! command -v apt-get >/dev/null; then
    echo "error: these Debian packages are missing, and this is not Debian: ${missing[*]}" >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "error: some packages are missing, and neither root nor sudo is at hand. Have root run:" >&2
      echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${missing[*]}"
  "${as_root[@]}" apt-get -qq update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# configure_and_build PRESET [TARGET…]: quiet unless something fails.
configure_and_build() {
  local preset=$1 launcher=() log
  shift
  command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  export CCACHE_SLOPPINESS=pch_defines,time_macros  # without both it keeps nothing that has precompiled headers
  log=$(mktemp)
  if ! cmake --preset "$preset" "${launcher[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
  cmake --build --preset "$preset" ${1:+--target "$@"}
}
