# Rehearses a second node from a Mac, or from any host with Docker. In a clone of fleetmod:
#   docker build -t fleetmod-rehearse -f reports/rehearse.Dockerfile .
# and in the repository to rehearse:
#   docker run --rm --privileged -v "$PWD:/repo" fleetmod-rehearse
# It is privileged, since each node is made of namespaces and a control group of its own. The
# outcome is remembered in the repository's git folder, for `fleetmod gate --phase 5`.
FROM node:24-trixie
RUN apt-get update \
 && apt-get install -y --no-install-recommends strace iproute2 systemd git python3-venv \
 && rm -rf /var/lib/apt/lists/*
RUN npm install --global pnpm bun
COPY . /fleetmod
RUN python3 -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir /fleetmod
ENV PATH=/opt/venv/bin:$PATH
RUN git config --system --add safe.directory /repo
WORKDIR /repo
ENTRYPOINT ["fleetmod", "rehearse"]
