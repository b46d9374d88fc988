#!/bin/sh
# Connects the lab's networks, and hides inside hosts behind public addresses. There is no way out: it has no default route.
#   DOCKER_ADDRESS  its address in the internet network     GATEWAYS        what it adds there, one in each public range
#   INSIDE_ADDRESS  its address in the inside network       INSIDE_GATEWAY  what it adds there
#   NAT             lines "VARIANT INSIDE PUBLIC"; they hold for every VARIANT if that is "*"
set -eu

device_with() {
    set -- $(ip -o -4 address show to "$1")      # never trust eth0 and eth1: Docker decides about their order
    echo "$2"
}

wan=$(device_with "$DOCKER_ADDRESS")
for address in $GATEWAYS; do
    ip address replace "$address/24" dev "$wan"
done
ip route delete default 2>/dev/null || true      # Docker's would lead to one of these addresses, so to itself
# Both ranges lie on one wire. Who was told so would go past the router from then on.
iptables -A OUTPUT -p icmp --icmp-type redirect -j DROP

if [ -n "${INSIDE_ADDRESS:-}" ]; then
    lan=$(device_with "$INSIDE_ADDRESS")
    ip address replace "$INSIDE_GATEWAY/15" dev "$lan"
    echo "$NAT" | while read -r variant inside public; do
        [ "$variant" = "*" ] || [ "$variant" = "$VARIANT" ] || continue
        ip address replace "$public/24" dev "$wan"
        iptables -t nat -A POSTROUTING -s "$inside" -o "$wan" -j SNAT --to-source "$public"
        echo "$inside is seen as $public"
    done
fi
echo "routing between $GATEWAYS"
exec sleep infinity
