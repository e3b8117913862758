"""The same debt in files that are not TypeScript: shell, Python, property lists, and the rest."""
