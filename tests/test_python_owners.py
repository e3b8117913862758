"""Whose a path of a Python module is: what another host, a container or root takes stays."""

from __future__ import annotations

import pytest

from fleetmod.model import EXEMPT
from tests.languages import look, reasons, rewritten


@pytest.mark.parametrize(
    "code",
    [
        'HOST = "zed@mini"\nrun(["scp", "x", f"{HOST}:/Users/alice/app/"])',
        'def f(h):\n    subprocess.run(["rsync", "-a", "x", f"{h}:/Users/alice/app/"])',
        'DEST = "192.168.1.20:/Users/alice/b"',
        'subprocess.run(["timeout", "5", "ssh", "mini", "ls /Users/alice/a"])',
        'subprocess.run(["/usr/bin/ssh", "-p", "22", "mini", "ls /Users/alice/a"])',
        'FOLDER = "/Users/alice/app"\nsubprocess.run(["ssh", "mini", f"cd {FOLDER}"])',
        'def ssh(cmd): return subprocess.run(["ssh", "mini", cmd])\nssh("ls /Users/alice/a")',
        'def far(*words): subprocess.run(["ssh", "mini", *words])\nfar("ls", "/Users/alice/a")',
        'SSH = ["ssh", "-i", "key", "mini"]\nsubprocess.run(SSH + ["ls /Users/alice/a"])',
        'SSH = ["ssh", "mini"]\nsubprocess.run([*SSH, "ls /Users/alice/a"])',
        'subprocess.run("ssh mini ls /Users/alice/a", shell=True)',
        'os.system(f"ssh {host} ls /Users/alice/a")',
        'D = "/Users/alice/a"\nos.system(f"ssh {host} \'ls {D}\'")',
        'D = "/Users/alice/a"\nos.system("ssh mini ls " + D)',
        'class C:\n    D = "/Users/alice/a"\n    def f(self):\n'
        '        subprocess.run(["ssh", "mini", f"ls {self.D}"])',
        'def f(d="/Users/alice/a"):\n    subprocess.run(["ssh", "mini", "ls", d])',
        'client.exec_command("ls /Users/alice/a")',
        'sftp.put("x", "/Users/alice/a")',
        'import asyncio\nasyncio.create_subprocess_exec("ssh", "mini", "ls /Users/alice/a")',
        'run(["docker", "exec", "box", "ls", "/home/alice/b"])',
        'run(["docker", "compose", "-f", "x.yml", "exec", "web", "ls", "/home/alice/b"])',
        'run(["docker", "build", "--build-arg", "APP=/home/alice/b", "."])',
        'run(["kubectl", "exec", "pod", "--", "ls", "/home/alice/b"])',
        'client.containers.run("img", volumes={"/srv": {"bind": "/home/alice/d", "mode": "rw"}})',
        'TEXT = """FROM node\nWORKDIR /home/alice/app\n"""',
    ],
)
def test_what_another_host_or_a_container_takes_is_no_debt(code: str) -> None:
    code = (
        f"import os\nimport subprocess\n{code}\n"
        if "await" not in code
        else f"import asyncio\n{code}\n"
    )
    found = [f.action for f in look("a.py", code).findings]
    assert found and set(found) == {EXEMPT}
    assert rewritten("a.py", code) == code


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'run(["docker", "run", "-v", "/Users/alice/d:/home/alice/d", "i", "/home/alice/d"])',
            'run(["docker", "run", "-v", f"{os.path.expanduser(\'~\')}/d:/home/alice/d", "i", '
            '"/home/alice/d"])',
        ),
        (
            'run(["ssh", "-i", "/Users/alice/k", "mini", "true"])',
            'run(["ssh", "-i", os.path.expanduser("~/k"), "mini", "true"])',
        ),
        (
            'os.system("ssh mini true && ls /Users/alice/a")',
            "os.system(f\"ssh mini true && ls {os.path.expanduser('~')}/a\")",
        ),
        (
            'run(["scp", "/Users/alice/a", f"{host}:b"])',
            'run(["scp", os.path.expanduser("~/a"), f"{host}:b"])',
        ),
        (
            'env["PATH"] = f"{path}:/Users/alice/bin"',
            'env["PATH"] = f"{path}:{os.path.expanduser(\'~\')}/bin"',
        ),
        ('F = "-I/Users/alice/i"', "F = f\"-I{os.path.expanduser('~')}/i\""),
        (
            'R = os.environ.get("ACME_ROOT", "/Users/alice/Code/acme")',
            'R = os.environ.get("ACME_ROOT", os.path.expanduser("~/Code/acme"))',
        ),
        (
            'def ls(d): return os.listdir(d)\nls("/Users/alice/a")',
            'def ls(d): return os.listdir(d)\nls(os.path.expanduser("~/a"))',
        ),
    ],
)
def test_this_host_s_side_is_rewritten(before: str, after: str) -> None:
    assert rewritten("a.py", f"import os\n{before}\n") == f"import os\n{after}\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('D = "/Users/alice/a"\nos.listdir(D)\nrun(["ssh", "mini", "ls", D])', "another host"),
        ('X = f"{box}:/Users/alice/a"\nuse(X)', "may be another host"),
        ('import paramiko\nclass A:\n    d = "/Users/alice"', "works on another host"),
        ('from fabric.api import run\nD = "/Users/alice"', "works on another host"),
        ('REMOTE_DIR = "/Users/alice/app"', "named for another machine"),
        ('run_remote("ls /Users/alice/a")', "may go to another host"),
        ('Deploy(host="pi", path="/Users/alice/a")', "beside host="),
        ('X = {"host": "pi", "path": "/Users/alice/a"}', "beside the key host"),
        ('if os.geteuid() != 0:\n    exit()\nX = "/Users/alice/a"', "root has another HOME"),
        ('X = "/home/alice/a"', "may be another machine's"),
        ('for p in ("/Users/alice/a", "/home/alice/a"):\n    use(p)', "may be another machine's"),
        (r'X = re.compile(r"\/Users\/alice\/")', "the slashes are escaped"),
    ],
)
def test_what_may_be_either_is_refused(code: str, reason: str) -> None:
    code = f"import os\n{code}\n"
    assert reasons("a.py", code) and all(reason in said for said in reasons("a.py", code))
    assert rewritten("a.py", code) == code


def test_root_s_file_is_left() -> None:
    from dataclasses import replace

    from fleetmod.languages.scan import scan
    from tests.languages import CONTEXT

    context = replace(CONTEXT, as_root="install.sh runs it as root")
    for path, text in (("a.py", 'X = "/Users/alice/a"\n'), ("a.sh", "HOME=/Users/alice\nls\n")):
        (finding,) = scan(path, text.encode(), context).findings
        assert finding.reason.startswith("install.sh runs it as root, and root has another HOME")


@pytest.mark.parametrize(
    "code", ['if p.startswith("/Users/alice/"):\n    x()', 'x = p == "/Users/alice"']
)
def test_a_path_that_is_compared_is_left(code: str) -> None:
    assert ["may come from another machine" in said for said in reasons("a.py", code)] == [True]


def test_a_comment_stays_beside_a_path_that_stays() -> None:
    code = '# of /Users/alice/a\nX = b"/Users/alice/a"\n'
    assert rewritten("a.py", code) == code and len(reasons("a.py", code)) == 1


def test_code_in_a_comment_is_left() -> None:
    code = "# X = '/Users/alice/a'\n#Y = '/Users/alice/b'\n# the home /Users/alice\nX = 1\n"
    assert rewritten("a.py", code) == code.replace("the home /Users/alice", "the home ~")
    assert reasons("a.py", code) == []
