#!/bin/sh
# Holds a network namespace for a program that has no rights: adds the machine's ADDRESSES to the interface with
# DOCKER_ADDRESS, and waits until it is stopped. Docker itself gives a container one address in a network.
# `holder.sh once` only adds them, to an interface that is new.
set -eu

once=${1:-}
set -- $(ip -o -4 address show to "$DOCKER_ADDRESS")
device=$2
for address in ${ADDRESSES:-}; do
    ip address replace "$address/24" dev "$device"
done
echo "$device has $DOCKER_ADDRESS ${ADDRESSES:-}"
[ "$once" = once ] || exec sleep infinity
