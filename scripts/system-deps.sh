#!/bin/sh
# Installs the Debian packages that pip cannot bring; does nothing when they are there.
#   system-deps.sh run    to put a show on air: Mesa's EGL, for rendering without a display; OpenMP, for kernels that run side by side
#   system-deps.sh test   beside that: a browser, and other people's tools that tests hold ours against
set -eu

# python3-gi speaks to /usr/bin/python3 only: the tests' RTSP server, and their WebRTC camera and viewer of GStreamer, run there.
run="libegl1 libegl-mesa0 libgl1-mesa-dri libgl1 libgomp1"
test="chromium iproute2 enblend hugin-tools python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-ugly gstreamer1.0-plugins-bad gstreamer1.0-nice gstreamer1.0-libav gir1.2-gst-plugins-bad-1.0 nginx libnginx-mod-rtmp
    coturn janus nftables prometheus systemd xvfb xdotool"

case "${1-}" in
run) wanted=$run ;;
test) wanted="$run $test" ;;
*) echo "usage: $0 run|test" >&2; exit 2 ;;
esac
"${PYTHON:-python3}" -c 'import ensurepip, venv' 2>/dev/null || wanted="$wanted python3-venv"
# meshoptimizer comes as sources
command -v c++ >/dev/null || wanted="$wanted g++"
"${PYTHON:-python3}" -c 'import os, sysconfig; os.stat(sysconfig.get_path("include") + "/Python.h")' 2>/dev/null || wanted="$wanted python3-dev"

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "system-deps: this is not Debian; what we need is called there: $wanted" >&2
    exit 0
fi

missing=""
for package in $wanted; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then as_root=""
elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then as_root=sudo
else
    echo "system-deps: these are missing, and only root can install them: apt-get install$missing" >&2
    echo "system-deps: going on; what needs them says so" >&2
    exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    $as_root apt-get -qq update &&
        # shellcheck disable=SC2086 # a list of names
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $missing
}
echo "system-deps: installing$missing …"
install >"$log" 2>&1 || {
    echo "system-deps: once more in 5 s …" >&2
    sleep 5
    install >"$log" 2>&1 || { cat "$log" >&2; echo "system-deps: apt-get failed, see above" >&2; exit 1; }
}
for server in nginx coturn janus prometheus; do # tests start their own; the system's stay off
    case "$missing" in *"$server"*)
        $as_root service "$server" stop >/dev/null 2>&1 || true
        $as_root update-rc.d "$server" disable >/dev/null 2>&1 || true ;;
    esac
done
