"""Runs a repository's own checks before and after its migration, and tells what they showed.

`packages` reads the manifests, `scripts` their shell text, `commands` finds what to run,
`preflight` what stands in the way, `scratch` makes the copy in which it runs, `outcome` reads what
was printed, `compiler` asks the repository's TypeScript, `coverage` counts which rewritten files
were seen, `style` runs linters and formatters, and `run` puts it together.
"""
