"""The language server, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
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
        self.messages: list[str] = []

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

        @client.feature(lsp.WINDOW_SHOW_MESSAGE)
        def shown(params: lsp.ShowMessageParams) -> None:
            self.messages.append(params.message)

    async def diagnostics(self) -> list[lsp.Diagnostic]:
        return list((await asyncio.wait_for(self.published.get(), 60)).diagnostics)

    async def open(self, text: str) -> list[lsp.Diagnostic]:
        item = lsp.TextDocumentItem(self.uri, "typescript", self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def change(self, text: str) -> list[lsp.Diagnostic]:
        self.version += 1
        self.client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(uri=self.uri, version=self.version),
                [lsp.TextDocumentContentChangeWholeDocument(text)],
            )
        )
        return await self.diagnostics()

    async def actions(self, where: lsp.Range) -> list[lsp.CodeAction]:
        found = await self.client.text_document_code_action_async(
            lsp.CodeActionParams(
                lsp.TextDocumentIdentifier(self.uri), where, lsp.CodeActionContext([])
            )
        )
        return [each for each in found or [] if isinstance(each, lsp.CodeAction)]


@asynccontextmanager
async def editor(root: Path, path: str = "packages/app/src/a.ts") -> AsyncIterator[Client]:
    client = LanguageClient("test", "1")
    await client.start_io(sys.executable, "-m", "fleetmod", "lsp")
    try:
        uri = root.as_uri()
        known = await client.initialize_async(
            lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=uri)
        )
        assert known.capabilities.code_action_provider
        one = Client(client, (root / path).as_uri())
        client.initialized(lsp.InitializedParams())
        yield one
        await client.shutdown_async(None)
    finally:
        client.exit(None)
        await asyncio.wait_for(client.stop(), 60)


def serve(root: Path, talk: Callable[[Client], Awaitable[None]], path: str = "") -> None:
    async def run() -> None:
        async with editor(root, path or "packages/app/src/a.ts") as client:
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
