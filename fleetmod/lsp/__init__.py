"""The language server; needs the extra `lsp` (pygls)."""
