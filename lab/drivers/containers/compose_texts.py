"""The texts that a compose file is made of; `@name` and `@{name}` are filled in, `${NAME}` is left to compose."""

from __future__ import annotations

from string import Template


class Text(Template):
    """A text with `@name`; a line is filled in as a whole or not at all."""

    delimiter = "@"


HEAD = Text("""\
# @scenario: every machine in a container of its own, with the scenario's addresses. README.md beside this file says more.
# Written by `mflab render @scenario --compose`. Change the scenario, or lab/drivers/containers/, and render it again.
name: mailflow-lab

x-told: &told                                  # what to play, and where its state is
  SCENARIO: ${SCENARIO:-}                      # @scenario if empty
  VARIANT: ${VARIANT:-}                        # the first one if empty
  MFLAB_LABS: /var/lib/mflab                   # a folder for each; a link `latest` to the one that runs, or has run last
  MFLAB_STATE: /var/lib/mflab/${SCENARIO:-@scenario}/${VARIANT:-.first}

x-safe: &safe
  pull_policy: never
  init: true
  read_only: true
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  restart: "no"
  stop_grace_period: 5s
  logging: {driver: json-file, options: {max-size: 1m, max-file: "2"}}

x-lab: &lab                                    # a program: user 10001, no rights, state in a volume
  <<: *safe
  image: mailflow-lab:local
  tmpfs: [/tmp]
  mem_limit: 256m
  pids_limit: 64
  environment: *told
  volumes: [state:/var/lib/mflab]

x-holder: &holder                              # owns addresses for a program, or routes; that takes NET_ADMIN
  <<: *safe
  image: mailflow-lab-router:local
  cap_add: [NET_ADMIN]
  tmpfs: [/run]
  mem_limit: 32m
  pids_limit: 16
  dns: [@dns]

x-port-25: &port-25                            # for programs without rights; said to whoever owns the network namespace
  net.ipv4.ip_unprivileged_port_start: "0"

x-build: &build
  context: ..
  dockerfile: compose/Dockerfile
  args: {BASE_IMAGE: "${BASE_IMAGE:-python:3.12-slim-bookworm}"}

x-probed: &probed
  test: [CMD, mflab, probe]
  interval: 5s
  timeout: 10s
  start_period: 20s

services:
  setup:                                       # writes scenario, certificates and keys; stays, as `up` may end with the first that ends
    <<: *lab
    build: {<<: *build, target: lab}
    pull_policy: build                         # for all that have this image
    command: [sh, -c, "mflab part setup && touch /tmp/ready && exec sleep infinity"]
    network_mode: none
    environment:
      <<: *told
      SCENARIO: ${SCENARIO:-@scenario}
      MFLAB_ADDRESSES: >-                      # a scenario with others does not fit this file
@addresses
    volumes: ["state:/var/lib/mflab", "${MFLAB_FILES:-..}:/files:ro"]
    working_dir: /files                        # SCENARIO may be a file of your own there
    healthcheck: {test: [CMD, test, -e, /tmp/ready], interval: 1s, retries: 60}

  runner:                                      # sends the messages, tells what happened, and judges it
    <<: *lab
    command: [mflab, part, run]
    network_mode: none                         # it talks to the others through sockets in the volume
@only_nat    depends_on:
      setup: {condition: service_healthy}
@profiles
  dns:
    <<: *lab
    command: [mflab, part, dns, --at, @dns]
    environment: {<<: *told, MFLAB_PART: dns}
    depends_on: {setup: {condition: service_healthy}, router: {condition: service_started}}
    dns: [@dns]
    sysctls: *port-25
    networks: {internet: {ipv4_address: @dns}}
    healthcheck: *probed
""")

ROUTER = Text("""\

  router:                                      # between the ranges; no way out
    <<: *holder
    build: {<<: *build, target: router}
    pull_policy: build                         # for the holders, too
    command: [router.sh]
    sysctls: {net.ipv4.ip_forward: "1"}
    environment:
      DOCKER_ADDRESS: @docker
      GATEWAYS: @gateways
@inside    networks: {@networks}
""")

INSIDE = Text("""\
      INSIDE_ADDRESS: @docker
      INSIDE_GATEWAY: @gateway
      VARIANT: ${VARIANT:-@first}
      NAT: |                                   # variant, inside address, public address
@table
""")

ONLY_NAT = Text("""\
    environment: {<<: *told, MFLAB_ONLY_NAT: @addresses}
""")

PLAIN = Text("""\

  @name:
    <<: *lab@profile
    command: [mflab, part, node, --at, @address, --dns, @dns]
    environment: {<<: *told, MFLAB_PART: @address}
    depends_on: {setup: {condition: service_healthy}, router: {condition: service_started}}
    dns: [@dns]
    sysctls: *port-25
    networks: {@network: {ipv4_address: @address}}
    healthcheck: *probed
""")

HOLDER = Text("""\

  @holder:
    <<: *holder
    environment: {DOCKER_ADDRESS: @docker, ADDRESSES: @addresses}
    sysctls: {<<: *port-25, net.ipv4.ip_nonlocal_bind: "1"}    # the program need not wait for its addresses
    networks: {internet: {ipv4_address: @docker}}
""")

HELD = Text("""\

  @name:
    <<: *lab
    command: [mflab, part, node, --at, @address, --dns, @dns]
    environment: {<<: *told, MFLAB_PART: @address}
    depends_on:
      setup: {condition: service_healthy}
      router: {condition: service_started}
      @holder: {condition: service_started, restart: true}
    network_mode: service:@holder
    healthcheck: *probed
""")

POSTFIX = Text("""\

  @postfix:                                    # a real Postfix in the place of @name, which makes way for it
    <<: *lab
@build    image: mailflow-lab-postfix:local
    profiles: [interop]
    user: root                                 # its master has to be; its programs are not
    cap_add: [CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID]
    command: [mflab, part, postfix, --at, @address]
    depends_on: {@name: {condition: service_healthy, restart: true}}
    network_mode: service:@network
    tmpfs: [/tmp]
    volumes: ["state:/var/lib/mflab", "@postfix:/var/spool/mflab"@resolver]
    healthcheck: {<<: *probed, test: [CMD, postfix, -c, /var/spool/mflab/etc, status]}
""")

BUILD_POSTFIX = """\
    build: {<<: *build, target: postfix}
    pull_policy: build
"""

TOOLS = Text("""\

  tools:                                       # a stranger on the internet; needs nobody, as the lab may run another VARIANT
    <<: *lab
    build: {<<: *build, target: tools}
    pull_policy: build
    image: mailflow-lab-tools:local
    profiles: [tools]
    command: [bash]
    dns: [@dns]
    networks: {internet: {ipv4_address: @address}}
    volumes: ["state:/var/lib/mflab:ro"@resolver]
""")

NETWORK = Text("""\
  @name:
    driver_opts:                               # the host gets no address there, and hides nobody behind its own
      com.docker.network.bridge.inhibit_ipv4: "true"
      com.docker.network.bridge.enable_ip_masquerade: "false"
      com.docker.network.bridge.gateway_mode_ipv4: routed      # else engine 28 drops what the router passes on
    enable_ipv6: false
    ipam: {config: [{subnet: @subnet, gateway: @gateway}]}
""")
