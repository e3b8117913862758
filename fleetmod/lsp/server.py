"""The language server: diagnostics of the text in the editor, and quick fixes of its findings."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.lsp.folder import Folder, Mending
from fleetmod.lsp.text import Text
from fleetmod.model import EXEMPT, REFUSE, Finding, is_debt
from fleetmod.workspace.schema import FILE

SOURCE = "fleetmod"


class Server(LanguageServer):
    """Serves the repository that the editor opens, or `root` where it names none."""

    def __init__(self, root: Path) -> None:
        # whole texts: pygls splits lines at more characters than the protocol does, and would put
        # an incremental change behind a form feed or U+2028 into the wrong line
        super().__init__(SOURCE, __version__, lsp.TextDocumentSyncKind.Full)
        self._root = root
        self._folder: Folder | None = None

    def open_folder(self) -> None:
        """Reads the configuration; where it is wrong, the editor shows why and nothing else."""
        root = Path(self.workspace.root_path) if self.workspace.root_path else self._root
        try:
            if self._folder is None:
                self._folder = Folder(root)
            else:
                self._folder.reload()
        except FleetmodError as error:
            self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, str(error)))

    def publish(self, uri: str) -> None:
        folder, document = self._folder, self.workspace.get_text_document(uri)
        found: list[lsp.Diagnostic] = []
        if folder and (path := folder.path_of(uri)):
            text = self._text(document.source)
            result = folder.scan(path, text.data)
            found = [_diagnostic(f, text) for f in result.findings if f.action != EXEMPT]
            found += [_unproven(lines, text) for lines in result.unparsed]
        self.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, found, document.version)
        )

    def actions(self, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        """A quick fix for each finding that the asked range touches."""
        folder, uri = self._folder, params.text_document.uri
        only = params.context.only
        if only and not any(lsp.CodeActionKind.QuickFix.startswith(kind) for kind in only):
            return []
        if not folder or not (path := folder.path_of(uri)):
            return []
        document = self.workspace.get_text_document(uri)
        text = self._text(document.source)
        actions = []
        for finding in folder.scan(path, text.data).findings:
            diagnostic = _diagnostic(finding, text)
            if not is_debt(finding) or not _touch(diagnostic.range, params.range):
                continue
            try:
                mending = folder.mend(finding, text.data)
            except FleetmodError as error:
                title = f"fleetmod: cannot mend {finding.rule} here"
                disabled = lsp.CodeActionDisabled(str(error))
                kind = lsp.CodeActionKind.QuickFix
                actions.append(lsp.CodeAction(title, kind, disabled=disabled))
                continue
            if mending:
                edit = self._edit(folder, uri, document.version, text, mending)
                actions.append(
                    lsp.CodeAction(
                        f"fleetmod: {finding.understood or finding.rule}",
                        lsp.CodeActionKind.QuickFix,
                        [diagnostic],
                        edit=edit,
                    )
                )
        return actions

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


def make_server(root: Path) -> Server:
    """A server whose handlers are in place; `start_io` runs it."""
    server = Server(root)

    @server.feature(lsp.INITIALIZED)
    def initialized(server: Server, params: lsp.InitializedParams) -> None:
        server.open_folder()

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
        server.publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def did_save(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
        """A saved file may be the configuration, or data that another file's test spells."""
        server.open_folder()
        configured = params.text_document.uri.endswith(f"/{FILE}")
        for uri in list(server.workspace.text_documents) if configured else []:
            server.publish(uri)
        server.publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
        gone = lsp.PublishDiagnosticsParams(params.text_document.uri, [])
        server.text_document_publish_diagnostics(gone)

    options = lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    def code_action(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        return server.actions(params)

    return server


def _diagnostic(finding: Finding, text: Text) -> lsp.Diagnostic:
    what = finding.understood or finding.text
    why = (finding.suppressed and f"suppressed: {finding.suppressed}") or finding.reason
    if not is_debt(finding):
        severity = lsp.DiagnosticSeverity.Hint
    elif finding.action == REFUSE:
        severity = lsp.DiagnosticSeverity.Warning
    else:
        severity = lsp.DiagnosticSeverity.Information
    return lsp.Diagnostic(
        range=text.range(finding.start, finding.end),
        message=f"{what}: {why}" if why else f"{what} (fleetmod can rewrite it)",
        severity=severity,
        code=finding.rule,
        source=SOURCE,
    )


def _unproven(lines: tuple[int, int], text: Text) -> lsp.Diagnostic:
    first, last = lines
    return lsp.Diagnostic(
        range=lsp.Range(lsp.Position(first - 1, 0), lsp.Position(last, 0)),
        message="does not parse and holds a trigger: nothing is proven of these lines",
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
