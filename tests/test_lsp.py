"""The language server, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from tests.repo import fleetmod, make

FILES = {
    "package.json": '{\n  "name": "acme",\n  "private": true,\n  "workspaces": ["packages/*"]\n}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
    "packages/app/src/a.ts": "export const a = 1;\n",
}
CALL = """import { execSync } from "node:child_process";
export async function go() {
  /* 🚀é */ execSync("launchctl kickstart -k system/com.acme.api");
}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = make(tmp_path / "r", dict(FILES))
    assert fleetmod(made, "init").code == 0
    return made


class Client:
    """An editor with one document, whose diagnostics it waits for."""

    def __init__(self, client: LanguageClient, uri: str) -> None:
        self.client, self.uri, self.version = client, uri, 0
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.versions: list[int | None] = []  # of the texts that something was published for
        self.messages: list[str] = []

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)
            self.versions.append(params.version)

        @client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def shown(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        return list((await asyncio.wait_for(self.published.get(), 60)).diagnostics)

    async def open(self, text: str) -> list[lsp.Diagnostic]:
        self.show(text)
        return await self.diagnostics()

    def show(self, text: str, uri: str = "") -> None:
        item = lsp.TextDocumentItem(uri or self.uri, "typescript", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    async def change(self, text: str) -> list[lsp.Diagnostic]:
        self.edit(text)
        return await self.diagnostics()

    def edit(self, text: str) -> None:
        self.version += 1
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def actions(self, where: lsp.Range) -> list[lsp.CodeAction]:
        found = await self.client.text_document_code_action_async(
            lsp.CodeActionParams(
                lsp.TextDocumentIdentifier(self.uri), where, lsp.CodeActionContext([])
            )
        )
        return [each for each in found or [] if isinstance(each, lsp.CodeAction)]


@asynccontextmanager
async def editor(
    root: Path, path: str = "packages/app/src/a.ts", folders: Sequence[Path] = ()
) -> AsyncIterator[Client]:
    client = LanguageClient("test", "1")
    await client.start_io(sys.executable, "-m", "fleetmod", "lsp")
    try:
        uri = root.as_uri()
        known = await client.initialize_async(
            lsp.InitializeParams(
                lsp.ClientCapabilities(),
                root_uri=uri,
                workspace_folders=[_folder(each) for each in folders] or None,
            )
        )
        assert known.capabilities.code_action_provider
        one = Client(client, (root / path).as_uri())
        client.initialized(lsp.InitializedParams())
        yield one
        await client.shutdown_async(None)
    finally:
        client.exit(None)
        await asyncio.wait_for(client.stop(), 60)


def _folder(root: Path) -> lsp.WorkspaceFolder:
    return lsp.WorkspaceFolder(root.as_uri(), root.name)


def serve(
    root: Path,
    talk: Callable[[Client], Awaitable[None]],
    path: str = "",
    folders: Sequence[Path] = (),
) -> None:
    async def run() -> None:
        async with editor(root, path or "packages/app/src/a.ts", folders) as client:
            await asyncio.wait_for(talk(client), 120)

    asyncio.run(run())


def applied(text: str, edits: list[lsp.TextEdit]) -> str:
    """As an editor applies edits, whose columns count UTF-16 units."""
    lines = text.splitlines(keepends=True)
    starts = [
        sum(len(line.encode("utf-16-le")) for line in lines[:n]) for n in range(len(lines) + 1)
    ]
    data = text.encode("utf-16-le")

    def offset(at: lsp.Position) -> int:
        return starts[at.line] + 2 * at.character

    for edit in sorted(edits, key=lambda e: offset(e.range.start), reverse=True):
        new = edit.new_text.encode("utf-16-le")
        data = data[: offset(edit.range.start)] + new + data[offset(edit.range.end) :]
    return data.decode("utf-16-le")


def test_the_text_in_the_editor_is_what_counts(root: Path) -> None:
    async def talk(client: Client) -> None:
        assert await client.open("export const a = 1;\n") == []
        (found,) = await client.change(CALL)
        assert (found.code, found.source) == ("launchctl-call", "fleetmod")
        assert "restart system/com.acme.api" in found.message
        # the rocket is two UTF-16 units, one character and four bytes
        line = CALL.splitlines()[2]
        before = len(line[: line.index("execSync")].encode("utf-16-le")) // 2
        assert found.range.start == lsp.Position(2, before)
        assert found.range.end.character == before + len(line[line.index("execSync") : -1])
        assert await client.change("export const a = 2;\n") == []

    serve(root, talk)


def test_a_quick_fix_is_whole(root: Path) -> None:
    async def talk(client: Client) -> None:
        (found,) = await client.open(CALL)
        (action,) = await client.actions(found.range)
        assert action.kind == lsp.CodeActionKind.QuickFix and action.edit
        changes = list(action.edit.document_changes or [])
        created = {c.uri for c in changes if isinstance(c, lsp.CreateFile)}
        assert (root / "packages/process-manager/package.json").as_uri() in created
        edits = {
            c.text_document.uri: [e for e in c.edits if isinstance(e, lsp.TextEdit)]
            for c in changes
            if isinstance(c, lsp.TextDocumentEdit)
        }
        fixed = applied(CALL, edits[client.uri])
        assert 'await processManager.restart("system/com.acme.api")' in fixed
        assert "import { processManager } from" in fixed and "execSync" not in fixed
        manifest = root / "packages/app/package.json"
        assert "process-manager" in applied(manifest.read_text(), edits[manifest.as_uri()])
        assert await client.change(fixed) == []
        assert await client.actions(found.range) == []

    serve(root, talk)


@pytest.mark.parametrize(
    "text",
    [
        'execSync("launchctl list"',
        '@@@ execSync("launchctl list") ###',
        "\u2028\x0c" + CALL,
        "`${" * 3000 + " launchctl",
        "\ufeff" + CALL,
        'const a = "\\ud83d launchctl \ud83d";',
        CALL.replace("\n", "\r"),
        "",
    ],
)
def test_broken_text_never_ends_it(root: Path, text: str) -> None:
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    async def talk(client: Client) -> None:
        found = await client.open(text)
        await client.actions(lsp.Range(lsp.Position(0, 0), lsp.Position(9, 0)))
        assert found or "launchctl" not in text
        (again,) = await client.change(CALL)
        assert again.code == "launchctl-call"

    serve(root, talk)


def test_other_files_have_no_findings(root: Path) -> None:
    async def talk(client: Client) -> None:
        assert await client.open(CALL) == []

    serve(root, talk, "packages/app/node_modules/x/index.ts")


def test_a_wrong_configuration_is_told_and_mended(root: Path) -> None:
    right = (root / "fleetmod.toml").read_text()
    (root / "fleetmod.toml").write_text("version = 1\n[home]\nuser = []\n")

    async def talk(client: Client) -> None:
        assert await client.open(CALL) == []
        assert "home.user is not a key" in client.messages[0]
        (root / "fleetmod.toml").write_text(right)
        uri = (root / "fleetmod.toml").as_uri()
        saved = lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri))
        client.client.text_document_did_save(saved)
        (found,) = await client.diagnostics()
        assert found.code == "launchctl-call"

    serve(root, talk)


def test_without_pygls_it_says_what_to_install(root: Path) -> None:
    hidden = "import sys; sys.modules['pygls'] = None; from fleetmod.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "-C", str(root), "lsp"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == (
        "fleetmod: the language server needs pygls. Run `pip install 'fleetmod[lsp]'`\n"
    )


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A second repository, whose people have other homes."""
    made = make(tmp_path / "other", dict(FILES))
    assert fleetmod(made, "init").code == 0
    text = (made / "fleetmod.toml").read_text()
    (made / "fleetmod.toml").write_text(text.replace("users = []", 'users = ["olga"]', 1))
    assert "olga" in (made / "fleetmod.toml").read_text()
    return made


HOME = 'export const p = "/Users/olga/data";\n'
FILE = "packages/app/src/a.ts"


def test_each_workspace_folder_is_a_repository_of_its_own(root: Path, other: Path) -> None:
    async def talk(client: Client) -> None:
        (found,) = await client.open(CALL)
        assert found.code == "launchctl-call"
        client.show(HOME, (other / FILE).as_uri())
        (found,) = await client.diagnostics()
        assert found.code == "home-path", found  # the first folder knows nobody of this name

    serve(root, talk, folders=[root, other])


def test_a_folder_of_each_of_two_repositories_stands_for_the_whole(root: Path, other: Path) -> None:
    async def talk(client: Client) -> None:
        (found,) = await client.open(CALL)
        assert found.code == "launchctl-call"
        client.show(HOME, (other / FILE).as_uri())
        (found,) = await client.diagnostics()
        assert found.code == "home-path", found
        assert client.messages == []

    parts = [root / "packages/app", other / "packages/app/src", other / "packages"]
    serve(root, talk, folders=parts)


def test_a_folder_that_comes_and_goes(root: Path, other: Path) -> None:
    async def talk(client: Client) -> None:
        uri = (other / FILE).as_uri()
        client.show(HOME, uri)
        assert await client.diagnostics() == []
        for added, removed, count in (([other], [], 1), ([], [other], 0)):
            event = lsp.WorkspaceFoldersChangeEvent(
                [_folder(each) for each in added], [_folder(each) for each in removed]
            )
            client.client.workspace_did_change_workspace_folders(
                lsp.DidChangeWorkspaceFoldersParams(event)
            )
            assert len(await client.diagnostics()) == count

    serve(root, talk, folders=[root])


def test_of_many_edits_the_last_is_looked_at(root: Path) -> None:
    async def talk(client: Client) -> None:
        assert await client.open("export const a = 1;\n") == []
        for number in range(300):
            client.edit(f"{CALL}// {number}\n")
        await client.diagnostics()
        while client.versions[-1] != 300:
            await client.diagnostics()
        assert len(client.versions) < 30

    serve(root, talk)


# enough to be busy with for some seconds
BUSY = CALL + "".join(
    f'export const p{n} = async () => execSync("launchctl kickstart -k system/com.acme.n{n}");\n'
    for n in range(4000)
)


def test_it_answers_while_it_is_busy(root: Path) -> None:
    async def talk(client: Client) -> None:
        client.show(BUSY)
        start = lsp.Position(0, 0)
        asked = lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(client.uri),
            lsp.Range(start, start),
            lsp.CodeActionContext([], only=[lsp.CodeActionKind.Refactor]),
        )
        assert not await client.client.text_document_code_action_async(asked)
        assert client.versions == []  # the answer did not wait for the findings
        assert len(await client.diagnostics()) > 4000

    serve(root, talk)


def test_an_outdated_text_is_left(root: Path) -> None:
    async def talk(client: Client) -> None:
        client.show(BUSY)
        await asyncio.sleep(0.5)  # it has begun
        (found,) = await client.change(CALL)
        assert found.code == "launchctl-call"
        assert client.versions == [1]

    serve(root, talk)
