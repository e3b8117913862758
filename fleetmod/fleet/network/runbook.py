"""The runbook from flannel to Cilium, node by node, with a check and a way back at each step."""

from __future__ import annotations

import re

from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.network.flannel import Facts
from fleetmod.fleet.network.mermaid import diagram
from fleetmod.fleet.network.model import Graph
from fleetmod.workspace.schema import Cluster as Settings

_SOURCE = "https://docs.cilium.io/en/stable/installation/k8s-install-migration/"


def runbook(cluster: Cluster, graph: Graph, settings: Settings, facts: Facts, folder: str) -> str:
    """Markdown text; `folder` is where the generated files stand."""
    talos = settings.platform == "talos"
    return "\n\n".join(
        [
            "# From flannel to Cilium\n\nspec, not deployed. It follows Cilium's own guide for a "
            f"live migration ({_SOURCE}). Try it on a test cluster first.",
            _facts(cluster, settings, facts),
            f"## Who talks to whom\n\n{diagram(graph)}",
            _notes(graph),
            _before(settings, facts, folder, talos),
            _install(folder),
            _node(settings, talos),
            _after(folder, talos),
            _policies(cluster, folder),
        ]
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
        f"| VXLAN, UDP | {facts.vxlan_port} | {facts.cilium_port} |",
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
    if facts.problems:
        rows += ["", "**To settle first:**", "", *(f"- {problem}" for problem in facts.problems)]
    if single:
        rows += [
            "",
            "Every workload here has one replica: each is away while its node restarts, and on a "
            "cluster of one node there is nowhere to drain to. Plan a downtime and skip `drain`.",
        ]
    return "\n".join(rows)


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
{extra}```

Back up the volumes: a pod that restarts keeps its claim, a wrong `kubectl delete` does not.
Open UDP {facts.cilium_port} between the nodes, beside {facts.vxlan_port}.

Check: every pod is Running or Completed, every node Ready.
Rollback: nothing has changed."""


def _install(folder: str) -> str:
    return f"""## 2. Cilium beside flannel

```sh
helm repo add cilium https://helm.cilium.io/ && helm repo update
helm install cilium cilium/cilium --namespace kube-system \\
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


def _node(settings: Settings, talos: bool) -> str:
    reboot = 'talosctl --nodes "$NODE_IP" reboot' if talos else 'ssh "$NODE" sudo reboot'
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
  --image busybox:1.37 -- sh -c 'ip -4 addr show eth0; nslookup kubernetes.default'
```

The pod's address lies in {settings.cilium_cidr}, and DNS answers. A volume of the node's own disk
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


def _after(folder: str, talos: bool) -> str:
    if talos:
        patch = """# Talos owns flannel and kube-proxy, and would bring them back.
cat > no-flannel.yaml <<EOF
cluster:
  network:
    cni:
      name: none
  proxy:
    disabled: true
EOF
talosctl --nodes "$CONTROL_PLANE_IPS" patch machineconfig --patch @no-flannel.yaml
kubectl -n kube-system delete ds kube-flannel kube-proxy
kubectl -n kube-system delete cm kube-flannel-cfg"""
        back = (
            "patch the machine configuration back to `name: flannel` and `disabled: false`, then "
            "run step 3's rollback on each node"
        )
    else:
        patch = """kubectl -n kube-flannel delete ds kube-flannel-ds
kubectl -n kube-system delete ds kube-proxy
kubectl -n kube-system delete cm kube-proxy"""
        back = (
            "apply flannel's and kube-proxy's manifests again, then step 3's rollback on each node"
        )
    return f"""## 4. Cilium alone

Only when `cilium status` says that every pod is managed by Cilium.

```sh
helm upgrade cilium cilium/cilium --namespace kube-system -f {folder}/cilium-values.yaml
{patch}
kubectl -n kube-system rollout restart ds/cilium
cilium status --wait
kubectl -n kube-system delete ciliumnodeconfig cilium-default
kubectl apply -f {folder}/cilium-load-balancer.yaml
```

Then restart the nodes one by one once more: flannel's interface and kube-proxy's rules go with it.

Check: `cilium status --verbose` says `KubeProxyReplacement: True`; every published port answers
from a machine outside of the cluster, and every pod still reaches what it needs.
Rollback: {back}."""


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
