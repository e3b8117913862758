"""The flow model: what a value is, and what is done to it, mostly on the syntax tree of one file.

- `texts`: an expression as text of known pieces and holes, constants followed.
- `made`: a text that is put together, with the literal or value that each piece comes from.
- `path_use`: whether a text is used as a path of the file system, or as a route or an address.
- `effects`: whether anything writes to what a name holds, between its declaration and a use.
- `local_calls`: which functions of a file run one another, and what their parameters get.
- `exports`: under which names a module gives its functions to others, and takes those of others.
- `guards`: on which platforms a place can run, and what runs in its place on the others, for every
  language; `branches` and `conditions` are TypeScript's part of it, `platforms` is what names of
  platforms mean, `loaded` tells on which platforms a module is loaded and used.
- `bound`: the tools of one platform, and what does their work on others, as data.
- `siblings`: whether another platform's part stands beside it and does the same work; `adapters`
  finds the modules that are made so, `own_port` the calls that go through one.

A name decides nothing here (but for one that tells its platform, in `siblings`), and neither does
how code is spelled: what counts is what happens.
"""
