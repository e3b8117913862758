"""The runbook from flannel to Cilium, node by node, with a check and a way back at each step."""

from __future__ import annotations

import re

from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.network.cilium import CHART_VERSION
from fleetmod.fleet.network.flannel import Facts
from fleetmod.fleet.network.mermaid import diagram
from fleetmod.fleet.network.model import Graph
from fleetmod.workspace.schema import Cluster as Settings

_SOURCE = "https://docs.cilium.io/en/stable/installation/k8s-install-migration/"


def runbook(
    cluster: Cluster,
    graph: Graph,
    settings: Settings,
    facts: Facts,
    folder: str,
    container: str = "",
) -> str:
    """Markdown text; `folder` is where the values files stand, those that are applied stand in
    cluster.specs. `container` says where it is told that the node is a container of Docker."""
    talos = settings.platform == "talos"
    restart = _restart(talos, container)
    return "\n\n".join(
        [
            "# From flannel to Cilium\n\nspec, not deployed. It follows Cilium's own guide for a "
            f"live migration ({_SOURCE}). Try it on a test cluster first.",
            *([_in_docker(container)] if container else []),
            _facts(cluster, settings, facts),
            f"## Who talks to whom\n\n{diagram(graph)}",
            _notes(graph),
            _before(settings, facts, folder, talos),
            _install(folder),
            _node(settings, talos, restart),
            _after(folder, settings, talos, restart),
            _policies(cluster, settings.specs),
        ]
    )


def _restart(talos: bool, container: str) -> str:
    if container:
        return 'docker restart "$NODE"    # where Docker runs, as in: colima ssh'
    return 'talosctl --nodes "$NODE_IP" reboot' if talos else 'ssh "$NODE" sudo reboot'


def _in_docker(container: str) -> str:
    return (
        f"**The node is a container of Docker** ({container}). Talos has neither `reboot` nor "
        "`upgrade` nor `reset` there "
        "(https://docs.siderolabs.com/talos/v1.14/platform-specific-installations/local-platforms/docker), "
        "so the container is restarted: its name is the node's, and its state lies in volumes that "
        "outlive that. It shares the host's kernel: Cilium needs that one's modules, and L2 "
        "announcements end at Docker's own network. There is nowhere to drain to."
    )


def _facts(cluster: Cluster, settings: Settings, facts: Facts) -> str:
    single = len({w.name for w in cluster.workloads if w.replicas > 1}) == 0
    ports = f"{facts.node_ports[0]}-{facts.node_ports[1]}" if facts.node_ports else "30000-32767"
    rows = [
        "## What is there\n",
        "| what | flannel today | Cilium |",
        "|---|---|---|",
        f"| pods | {settings.pod_cidr} | {settings.cilium_cidr} |",
        f"| Services | {settings.service_cidr} | the same |",
        f"| overlay | VXLAN, UDP {facts.vxlan_port} | {'Geneve' if facts.geneve else 'VXLAN'}, UDP "
        f"{facts.cilium_port} |",
        f"| nodePorts | {ports} | the same |",
        "| NetworkPolicy | not enforced by flannel itself | enforced after the last step |",
        "",
        "Check the first column before anything else; it comes from `fleetmod.toml`:",
        "",
        "```sh",
        "kubectl -n kube-system get cm kube-flannel-cfg -o jsonpath='{.data.net-conf\\.json}'",
        "kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.spec.podCIDR",
        "kubectl get svc kubernetes -o jsonpath='{.spec.clusterIP}'",
        "```",
        "",
        "`net-conf.json` names the port in `Backend.Port`; without one it is the kernel's, 8472. "
        "Talos writes 4789.",
    ]
    if facts.node_ports:
        rows += ["", _ranges(facts)]
    if facts.problems:
        rows += ["", "**To settle first:**", "", *(f"- {problem}" for problem in facts.problems)]
    if single:
        rows += [
            "",
            "Every workload here has one replica: each is away while its node restarts, and on a "
            "cluster of one node there is nowhere to drain to. Plan a downtime and skip `drain`.",
        ]
    return "\n".join(rows)


def _ranges(facts: Facts) -> str:
    low, high = facts.node_ports or (0, 0)
    held = [port for port in (2379, 2380, 6443, 10250, 10256) if low <= port <= high]
    warned = (
        f" It holds {', '.join(map(str, held))}, which nodes use themselves: give every Service of "
        "type NodePort or LoadBalancer a nodePort by hand, or the API server may pick one of those."
        if held
        else ""
    )
    return (
        f"The nodePorts need the range {low}-{high}, beyond Kubernetes's 30000-32767. The API server "
        f"must have `--service-node-port-range={low}-{high}`, and Cilium's `nodePort.range` is the "
        f"same.{warned} Check: `kubectl -n kube-system get pod -l component=kube-apiserver -o yaml | "
        "grep service-node-port-range`."
    )


def _notes(graph: Graph) -> str:
    if not graph.notes:
        return "Nothing in the graph needs a decision."
    # without lines, which move with every edit of a file
    notes = dict.fromkeys(re.sub(r"(\.\w+):\d+\b(?:, \d+\b)*", r"\1", note) for note in graph.notes)
    return "To decide or to know:\n\n" + "\n".join(f"- {note}" for note in notes)


def _before(settings: Settings, facts: Facts, folder: str, talos: bool) -> str:
    extra = (
        "talosctl etcd snapshot etcd-before-cilium.db\n"
        "talosctl get machineconfig -o yaml > machineconfig-before-cilium.yaml\n"
        if talos
        else ""
    )
    return f"""## 1. Before

```sh
kubectl get pods -A -o wide > pods-before.txt
kubectl get networkpolicy -A    # must be empty: policies wait for step 5
{extra}# what step 4 deletes, so that it can be brought back
kubectl -n {_flannel(talos)[0]} get {_flannel(talos)[1]} -o yaml | \\
  grep -vE '^ +(resourceVersion|uid|creationTimestamp|generation):' > flannel-before.yaml
kubectl -n kube-system get ds/kube-proxy cm/kube-proxy -o yaml | \\
  grep -vE '^ +(resourceVersion|uid|creationTimestamp|generation):' > kube-proxy-before.yaml
```

Back up the volumes: a pod that restarts keeps its claim, a wrong `kubectl delete` does not.
Open UDP {facts.cilium_port} between the nodes, beside {facts.vxlan_port}.
{_pinned(settings) if talos else _addresses(settings)}
Check: every pod is Running or Completed, every node Ready.
Rollback: nothing has changed."""


def _flannel(talos: bool) -> tuple[str, str]:
    """The namespace of flannel, and what of it step 4 deletes."""
    if talos:
        return "kube-system", "ds/kube-flannel cm/kube-flannel-cfg"
    return "kube-flannel", "ds/kube-flannel-ds"


def _pinned(settings: Settings) -> str:
    """Cilium gives each node an address of its pool, and Talos may take that for the node's own
    where it is not told which to take (docs.siderolabs.com/talos, Networking, Multihoming)."""
    subnets = ", ".join(f'"{each}"' for each in settings.node_subnets) or '"THE NODES\' NETWORK"'
    return f"""
Pin the nodes' addresses, before there is a second one on each:

```sh
# for Talos 1.14 and newer
cat > addresses-1.14.yaml <<'EOF'
apiVersion: v1alpha1
kind: KubeNodeConfig
nodeIP:
  validSubnets: [{subnets}, "!{settings.cilium_cidr}"]
EOF
# for those before
cat > addresses.yaml <<'EOF'
machine:
  kubelet:
    nodeIP:
      validSubnets: [{subnets}, "!{settings.cilium_cidr}"]
EOF
talosctl --nodes "$ALL_NODE_IPS" patch machineconfig --patch @addresses-1.14.yaml    # or the other
# the control plane's nodes alone
cat > etcd.yaml <<EOF
cluster:
  etcd:
    advertisedSubnets: [{subnets}]
EOF
talosctl --nodes "$CONTROL_PLANE_IPS" patch machineconfig --patch @etcd.yaml
```

Talos' `podSubnets` stays {settings.pod_cidr}: it takes one network of each family, and the controller
manager refuses to start where the nodes' old `podCIDR` lies in no other. Cilium's pool is its own.

Check, now and after each step: every INTERNAL-IP of `kubectl get nodes -o wide` and every address of
`talosctl --nodes "$CONTROL_PLANE_IPS" etcd members` lies in {subnets}, none in {settings.cilium_cidr}.
"""


def _addresses(settings: Settings) -> str:
    return f"""
Each node's kubelet must have `--node-ip`: Cilium gives the node a second address, of its pool.
Check, now and after each step: no INTERNAL-IP of `kubectl get nodes -o wide` lies in {settings.cilium_cidr}.
"""


def _install(folder: str) -> str:
    return f"""## 2. Cilium beside flannel

```sh
helm repo add cilium https://helm.cilium.io/ && helm repo update
helm install cilium cilium/cilium --version {CHART_VERSION} --namespace kube-system \\
  -f {folder}/cilium-values.yaml -f {folder}/cilium-migration-values.yaml
cilium status --wait
```

Then the switch that a node's label turns, which no node has yet:

```sh
kubectl apply --server-side -f - <<EOF
apiVersion: cilium.io/v2
kind: CiliumNodeConfig
metadata:
  namespace: kube-system
  name: cilium-default
spec:
  nodeSelector:
    matchLabels:
      io.cilium.migration/cilium-default: "true"
  defaults:
    write-cni-conf-when-ready: /host/etc/cni/net.d/05-cilium.conflist
    custom-cni-conf: "false"
    cni-chaining-mode: "none"
    cni-exclusive: "true"
EOF
```

Check: `cilium status` says `0/N managed by Cilium`; old pods still reach each other.
Rollback: `kubectl -n kube-system delete ciliumnodeconfig cilium-default`, then
`helm uninstall cilium -n kube-system`."""


def _node(settings: Settings, talos: bool, reboot: str) -> str:
    ip = (
        "NODE_IP=$(kubectl get node $NODE -o jsonpath="
        "'{.status.addresses[?(@.type==\"InternalIP\")].address}')\n"
        if talos
        else ""
    )
    return f"""## 3. Each node, workers first, one at a time

```sh
NODE=the-node
{ip}kubectl cordon $NODE
kubectl drain --ignore-daemonsets --delete-emptydir-data $NODE
kubectl label node $NODE --overwrite io.cilium.migration/cilium-default=true
kubectl -n kube-system delete pod --field-selector spec.nodeName=$NODE -l k8s-app=cilium
kubectl -n kube-system rollout status ds/cilium
{reboot}
kubectl wait --for=condition=Ready node/$NODE --timeout=10m
```

Check, before `kubectl uncordon $NODE`:

```sh
cilium status --wait
kubectl -n kube-system run --attach --rm --restart=Never verify-network \\
  --overrides='{{"spec":{{"nodeName":"'$NODE'","tolerations":[{{"operator":"Exists"}}]}}}}' \\
  --image busybox:1.37 -- sh -c 'ip -4 addr show eth0; nslookup -type=a kubernetes.default.svc.cluster.local.'
```

busybox's `nslookup` takes no search domains, hence the whole name. The pod's address lies in {settings.cilium_cidr}, and DNS answers. A volume of the node's own disk
(`local-path`) binds its pod to the node: it waits until the node is back.

Rollback of this node:

```sh
kubectl cordon $NODE
kubectl label node $NODE io.cilium.migration/cilium-default-
kubectl -n kube-system delete pod --field-selector spec.nodeName=$NODE -l k8s-app=cilium
{reboot}    # after the file 05-cilium.conflist is gone from /etc/cni/net.d of the node
kubectl uncordon $NODE
```

The agent leaves its `05-cilium.conflist` behind (`cni.uninstall: false`), and with `cni-exclusive`
it renames flannel's file to `*.cilium_bak`: a privileged pod with that folder mounted puts both
right before the restart."""


def _after(folder: str, settings: Settings, talos: bool, restart: str) -> str:
    space, what = _flannel(talos)
    stop, back = _STOPPED if talos else ("", "")
    again = (
        "Talos applies its own manifests again; check with `kubectl -n kube-system get ds`."
        if talos
        else ""
    )
    return f"""## 4. Cilium alone

Only when `cilium status` says that every pod is managed by Cilium. First Cilium takes over, with
flannel and kube-proxy still there:

```sh
helm upgrade cilium cilium/cilium --version {CHART_VERSION} --namespace kube-system \\
  -f {folder}/cilium-values.yaml
kubectl -n kube-system rollout restart ds/cilium deploy/cilium-operator
kubectl -n kube-system rollout status ds/cilium
cilium status --wait
kubectl -n kube-system exec ds/cilium -- cilium-dbg status | grep KubeProxyReplacement    # True
```

Check: restart one node (`{restart}`), wait until it is Ready, and look: its pods run, every published
port answers from a machine outside of the cluster, every pod reaches what it needs. Not before that:

```sh
{stop}kubectl -n {space} delete {what}
kubectl -n kube-system delete ds/kube-proxy cm/kube-proxy --ignore-not-found
kubectl -n kube-system delete ciliumnodeconfig cilium-default
kubectl apply -f {settings.specs}/cilium-load-balancer.yaml
```

Then restart the nodes one by one once more: flannel's interface and kube-proxy's rules go with it.

Check: as above, on each node.
Rollback, in this order:

```sh
{back}kubectl apply -f flannel-before.yaml -f kube-proxy-before.yaml
kubectl -n {space} rollout status {what.split()[0]} && kubectl -n kube-system rollout status ds/kube-proxy
# Cilium takes no pod any more, and kube-proxy has the Services
helm upgrade cilium cilium/cilium --version {CHART_VERSION} --namespace kube-system \\
  -f {folder}/cilium-values.yaml -f {folder}/cilium-migration-values.yaml
kubectl -n kube-system rollout restart ds/cilium
```

{again} Then step 3's rollback on each node, one at a time."""


# The two forms (docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium); a setting that stands in
# both is refused (siderolabs/talos, pkg/machinery/config/types/k8s)
_STOPPED = (
    """# Talos owns flannel and kube-proxy, and would bring them back. For 1.14 and newer:
cat > no-flannel-1.14.yaml <<'EOF'
apiVersion: v1alpha1
kind: KubeFlannelCNIConfig
$patch: delete
---
apiVersion: v1alpha1
kind: KubeProxyConfig
enabled: false
EOF
# for those before
cat > no-flannel.yaml <<'EOF'
cluster:
  network:
    cni:
      name: none
  proxy:
    disabled: true
EOF
talosctl --nodes "$CONTROL_PLANE_IPS" patch machineconfig --patch @no-flannel-1.14.yaml    # or the other
""",
    """# Talos 1.14 and newer: KubeFlannelCNIConfig as in machineconfig-before-cilium.yaml, and
# KubeProxyConfig with enabled: true; before 1.14:
cat > flannel.yaml <<EOF
cluster:
  network:
    cni:
      name: flannel
  proxy:
    disabled: false
EOF
talosctl --nodes "$CONTROL_PLANE_IPS" patch machineconfig --patch @flannel.yaml
""",
)


def _policies(cluster: Cluster, folder: str) -> str:
    first = min((w.namespace for w in cluster.workloads), default="default")
    return f"""## 5. Policies

Everything that no policy names is dropped from here on, for every pod of the namespace, those of
other releases, too. `kubectl get pods -n {first}` must show none that the graph above lacks; give
such a pod its own allow below the block of the generated file.

```sh
# what would be dropped, while nothing is: watch for a day
kubectl -n kube-system exec ds/cilium -- cilium-dbg config PolicyAuditMode=Enabled
kubectl apply -f {folder}/network-policies.yaml -f {folder}/cilium-policies.yaml
hubble observe --verdict AUDIT --namespace {first}
# then
kubectl -n kube-system exec ds/cilium -- cilium-dbg config PolicyAuditMode=Disabled
```

`cilium-dbg config` speaks to one agent: repeat it in the agent's pod on each node.

Check: `hubble observe --verdict DROPPED` stays empty while every workload is used.
Rollback: `kubectl delete -f {folder}/network-policies.yaml -f {folder}/cilium-policies.yaml`."""
