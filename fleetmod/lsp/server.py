"""The language server: diagnostics of the text in the editor, and quick fixes of its findings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from fleetmod import __version__
from fleetmod.bounds import Stopped
from fleetmod.errors import FleetmodError
from fleetmod.headline import headline
from fleetmod.lsp.folder import Folder, Mending
from fleetmod.lsp.text import Text
from fleetmod.model import EXEMPT, REFUSE, Finding, is_debt
from fleetmod.workspace.above import configured_at
from fleetmod.workspace.schema import FILE

SOURCE = "fleetmod"
_PAUSE = 0.2  # seconds without another edit, after which a text is looked at


class Server(LanguageServer):
    """Serves the repositories that the editor opens, or the one at `root` where it names none.

    The message loop only takes messages and gives answers. One thread beside it does all of the
    work, in order: reading repositories, looking at texts, making fixes. A text that changes again
    while it waits, or while it is looked at, is not looked at any further.
    """

    def __init__(self, root: Path) -> None:
        # whole texts: pygls splits lines at more characters than the protocol does, and would put
        # an incremental change behind a form feed or U+2028 into the wrong line
        super().__init__(SOURCE, __version__, lsp.TextDocumentSyncKind.Full)
        self._root = root
        self._folders: dict[Path, Folder] = {}  # of the working thread, as is the next
        self._roots: tuple[Path, ...] = ()
        self._work = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fleetmod")
        self._asked: dict[str, asyncio.Task[None]] = {}

    async def open_folders(self) -> None:
        """Reads the repositories; where one is wrong, the editor shows why and nothing else. A
        folder of a configured one stands for all of it."""
        places = [to_fs_path(uri) for uri in self.workspace.folders]
        places = places or [self.workspace.root_path or str(self._root)]
        opened = (Path(place).resolve() for place in places if place)
        roots = [*dict.fromkeys(map(_repository, opened))]
        await self._tell(self._work.submit(self._open, roots))

    async def reload(self, uri: str) -> None:
        """Reads the repository of a file anew, as it is on the disk now."""
        await self._tell(self._work.submit(self._reload, uri))

    async def _tell(self, problems: Future[list[str]]) -> None:
        for problem in await asyncio.wrap_future(problems):
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, problem))

    def _open(self, roots: Sequence[Path]) -> list[str]:
        self._folders = {root: f for root, f in self._folders.items() if root in roots}
        self._roots = tuple(roots)
        problems = []
        for root in roots:
            if root not in self._folders:
                try:
                    self._folders[root] = Folder(root)
                except FleetmodError as error:
                    problems.append(str(error))
        return problems

    def _reload(self, uri: str) -> list[str]:
        folder = self._folder_of(uri)
        try:
            if folder is not None:
                folder.reload()
        except FleetmodError as error:
            return [str(error)]
        return self._open(self._roots)  # one that was wrong may be mended

    def _folder_of(self, uri: str) -> Folder | None:
        """The innermost repository that a file lies in."""
        place = to_fs_path(uri)
        path = Path(place).resolve() if place else None
        around = [root for root in self._folders if path is not None and root in path.parents]
        return self._folders[max(around, key=lambda root: len(root.parts))] if around else None

    def ask(self, uri: str, wait: float = 0.0) -> None:
        """Publish what is found in a text after a while; what was asked of it before is off."""
        self.forget(uri)
        self._asked[uri] = asyncio.get_running_loop().create_task(self._publish(uri, wait))

    def forget(self, uri: str) -> None:
        if (asked := self._asked.pop(uri, None)) is not None:
            asked.cancel()

    def forget_all(self) -> None:
        """So that nothing that nobody waits for keeps the process from its end."""
        for uri in list(self._asked):
            self.forget(uri)
        self._work.shutdown(wait=False, cancel_futures=True)

    async def _publish(self, uri: str, wait: float) -> None:
        await asyncio.sleep(wait)
        document, off = self.workspace.get_text_document(uri), Event()
        looking = self._work.submit(self._look, uri, document.source, off.is_set)
        try:
            found = await asyncio.wrap_future(looking)
        except asyncio.CancelledError:
            off.set()
            raise
        params = lsp.PublishDiagnosticsParams(uri, found, document.version)
        self.text_document_publish_diagnostics(params)

    def _look(self, uri: str, source: str, stop: Callable[[], bool]) -> list[lsp.Diagnostic]:
        folder = self._folder_of(uri)
        path = folder.path_of(uri) if folder is not None else None
        if folder is None or path is None:
            return []
        text = self._text(source)
        try:
            result = folder.scan(path, text.data, stop)
        except Stopped:
            return []  # nobody waits for it
        found = [_diagnostic(f, text) for f in result.findings if f.action != EXEMPT]
        found += [_unproven((1, 1), why) for why in folder.doubts(path)]
        return found + [_unproven(lines, result.doubt) for lines in result.unparsed]

    async def actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """A quick fix for each finding that the asked range touches."""
        only = params.context.only
        if only and not any(lsp.CodeActionKind.QuickFix.startswith(kind) for kind in only):
            return []
        document = self.workspace.get_text_document(params.text_document.uri)
        made = self._work.submit(self._actions, params, document.source, document.version)
        return await asyncio.wrap_future(made)

    def _actions(
        self, params: lsp.CodeActionParams, source: str, version: int | None
    ) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        folder = self._folder_of(uri)
        if folder is None or not (path := folder.path_of(uri)):
            return []
        text = self._text(source)
        actions = []
        for finding in folder.scan(path, text.data).findings:
            diagnostic = _diagnostic(finding, text)
            if not is_debt(finding) or not _touch(diagnostic.range, params.range):
                continue
            try:
                mending = folder.mend(finding, text.data)
                self._check_saved(folder, mending)
            except FleetmodError as error:
                title = f"fleetmod: cannot mend {finding.rule} here"
                disabled = lsp.CodeActionDisabled(str(error))
                kind = lsp.CodeActionKind.QuickFix
                actions.append(lsp.CodeAction(title, kind, disabled=disabled))
                continue
            if mending:
                edit = self._edit(folder, uri, version, text, mending)
                actions.append(
                    lsp.CodeAction(
                        f"fleetmod: {finding.understood or finding.rule}",
                        lsp.CodeActionKind.QuickFix,
                        [diagnostic],
                        edit=edit,
                    )
                )
        return actions

    def _check_saved(self, folder: Folder, mending: Mending | None) -> None:
        """Raises FleetmodError where a fix was made from a file that is edited and not saved."""
        for path, (before, _) in mending.texts.items() if mending is not None else ():
            opened = self.workspace.text_documents.get(_uri(folder.root / path))
            if opened is not None and opened.source != before:
                raise FleetmodError("is edited and not saved", where=path, todo="Save it first")

    def _text(self, source: str) -> Text:
        return Text(source, self.workspace.position_encoding or lsp.PositionEncodingKind.Utf16)

    def _edit(
        self, folder: Folder, uri: str, version: int | None, text: Text, mending: Mending
    ) -> lsp.WorkspaceEdit:
        changes: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = []
        start = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
        for path, content in mending.created.items():
            target = _uri(folder.root / path)
            changes.append(lsp.CreateFile(target, options=lsp.CreateFileOptions(overwrite=False)))
            changes.append(_whole(target, start, content))
        for path, (before, after) in mending.texts.items():
            old = self._text(before)
            changes.append(_whole(_uri(folder.root / path), old.range(0, len(old.data)), after))
        edits = [lsp.TextEdit(text.range(e.start, e.end), e.text) for e in mending.edits]
        itself = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        changes.append(lsp.TextDocumentEdit(itself, list(edits)))
        return lsp.WorkspaceEdit(document_changes=changes)


def _repository(folder: Path) -> Path:
    """The folder with the configuration of what an editor opens: itself, or one above it."""
    return configured_at(folder)


def make_server(root: Path) -> Server:
    """A server whose handlers are in place; `start_io` runs it."""
    server = Server(root)

    @server.feature(lsp.INITIALIZED)
    async def initialized(server: Server, params: lsp.InitializedParams) -> None:
        await server.open_folders()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_folders(
        server: Server, params: lsp.DidChangeWorkspaceFoldersParams
    ) -> None:
        await server.open_folders()
        for uri in list(server.workspace.text_documents):
            server.ask(uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
        server.ask(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
        server.ask(params.text_document.uri, _PAUSE)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
        """A saved file may be the configuration, or data that another file's test spells."""
        saved = params.text_document.uri
        await server.reload(saved)
        configured = saved.endswith(f"/{FILE}")
        for uri in list(server.workspace.text_documents) if configured else []:
            server.ask(uri)
        if saved not in server.workspace.text_documents or not configured:
            server.ask(saved)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)
        gone = lsp.PublishDiagnosticsParams(params.text_document.uri, [])
        server.text_document_publish_diagnostics(gone)

    @server.feature(lsp.SHUTDOWN)
    async def shutdown(server: Server, params: None) -> None:
        server.forget_all()

    options = lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return await server.actions(params)

    return server


def _diagnostic(finding: Finding, text: Text) -> lsp.Diagnostic:
    if not is_debt(finding):
        severity = lsp.DiagnosticSeverity.Hint
    elif finding.action == REFUSE:
        severity = lsp.DiagnosticSeverity.Warning
    else:
        severity = lsp.DiagnosticSeverity.Information
    return lsp.Diagnostic(
        range=text.range(finding.start, finding.end),
        message=headline(finding),
        severity=severity,
        code=finding.rule,
        source=SOURCE,
    )


def _unproven(lines: tuple[int, int], why: str) -> lsp.Diagnostic:
    first, last = lines
    return lsp.Diagnostic(
        range=lsp.Range(lsp.Position(first - 1, 0), lsp.Position(last, 0)),
        message=f"{why}: nothing is proven of these lines",
        severity=lsp.DiagnosticSeverity.Warning,
        code="unproven",
        source=SOURCE,
    )


def _touch(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _whole(uri: str, where: lsp.Range, text: str) -> lsp.TextDocumentEdit:
    document = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri)
    return lsp.TextDocumentEdit(document, [lsp.TextEdit(where, text)])


def _uri(path: Path) -> str:
    return str(from_fs_path(str(path)))
