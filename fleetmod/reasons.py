"""The catalogue of reasons for which a place stays as it is: code, problem, what to do.

One constant each, named as its code. A finding carries the code beside a text that names the thing
itself; `fleetmod explain CODE` shows an entry with an example. To add one, write it here, and raise
`Refused(reasons.NAME)` or `Refused(reasons.NAME("…"))` where it is met; `tests/test_reasons.py`
fails for one that no example and no test meets.
"""

from __future__ import annotations

from fleetmod.refusal import Reason

# -- what the command asks for -------------------------------------------------------------------

NO_COUNTERPART = Reason(
    "no-counterpart",
    "the port has no operation for this subcommand, option or combination of targets",
    "Do without it, or keep the call in a module of its own and name that module as an adapter "
    "in fleetmod.toml",
)
ASK_OTHERWISE = Reason(
    "ask-otherwise",
    "the port answers this by another call",
    "Write the call that the text of the finding names",
)
RUNTIME_ARGUMENTS = Reason(
    "runtime-arguments",
    "the arguments are only known at run time",
    "Spell the subcommand and its arguments where the command runs, or call the port in each "
    "branch that chooses them",
)
UNKNOWN_LABEL = Reason(
    "unknown-label",
    "the command does not tell the label of its service",
    "Give the port the label, as a constant or a value",
)
UNKNOWN_DOMAIN = Reason(
    "unknown-domain",
    "the domain of the target is not known here",
    "Give a constant such as gui/501, or the label alone",
)
WRONG_ARGUMENTS = Reason(
    "wrong-arguments",
    "the command gets other arguments than its tool takes",
    "Correct the command, or call the port with what is meant",
)
SHELL_SYNTAX = Reason(
    "shell-syntax",
    "the command is more of a shell script than one plain command",
    "Write it as plain commands, with the control flow in TypeScript",
)
SHELL_EXPANSION = Reason(
    "shell-expansion",
    "a part of the command is only known to the shell",
    "Make the value in code, and pass it on",
)
PIPELINE = Reason(
    "pipeline",
    "another program reads what the command prints",
    "Call the port, and filter its result in code",
)
SEVERAL_COMMANDS = Reason(
    "several-commands",
    "several commands run in one call",
    "Make each a call of its own",
)
IN_BACKGROUND = Reason(
    "in-background",
    "the command runs in the background",
    "Call the port without waiting for it",
)
OTHER_USER = Reason(
    "other-user",
    "the command runs as another user, or with another home",
    "Run the code as that user, or give the port a full target such as gui/501/LABEL",
)
OTHER_MACHINE = Reason(
    "other-machine",
    "the command gets an environment of its own, which may name another machine",
    "Give its profile to `createContainerRuntime`",
)
SEVERAL_RUNTIMES = Reason(
    "several-runtimes",
    "the file chooses among several container runtimes, as the port does by itself",
    "Ask the port alone, or name the module in container.adapters of fleetmod.toml",
)

# -- who runs it ---------------------------------------------------------------------------------

UNKNOWN_CALLEE = Reason(
    "unknown-callee",
    "nothing here tells what the called function does with the command",
    "If it runs the command, call the port in its place",
)
WRAPPER_DOES_MORE = Reason(
    "wrapper-does-more",
    "the function that runs the command does more than that",
    "Call the port inside that function, or here without it",
)
WRAPPER_ARGUMENT = Reason(
    "wrapper-argument",
    "the function that runs the command gets an argument that the port does not know",
    "Call the port here by hand",
)
OWN_ADAPTER = Reason(
    "own-adapter",
    "this repository has its own adapter of the tool, and the file uses it",
    "Call that adapter",
)
SERVICE_STAYS = Reason(
    "service-stays",
    "another call of the same service stays, and the calls of one service move together",
    "Mend that call first",
)

# -- what is done with the result ----------------------------------------------------------------

OUTPUT_READ = Reason(
    "output-read",
    "the code reads something of what the tool prints that the port does not tell",
    "Read a field of the port's result, such as those of `inspect(label)`",
)
OUTPUT_SHOWN = Reason(
    "output-shown",
    "shows people what the tool prints; print the port's result instead",
    "Print the port's result",
)
OUTPUT_BYTES = Reason(
    "output-bytes",
    "the code takes the output as bytes, and the port gives text",
    "Take the port's text",
)
OUTPUT_REDIRECTED = Reason(
    "output-redirected",
    "the shell around the command redirects what the code reads",
    "Read the port's result, or its error",
)
RESULT_PASSED_ON = Reason(
    "result-passed-on",
    "the result is passed on whole, to where more may be read of it than the port tells",
    "Read its fields where it is made, and pass those on",
)
ERROR_READ = Reason(
    "error-read",
    "the code reads an exit status or the tool's words from the error, and the port's are others",
    "Read `exitCode` and `code` of the port's error, or ask `inspect(label)`",
)
ALREADY_LOADED = Reason(
    "already-loaded",
    "`bootstrap` fails where the service is loaded, and the code then does something else; the "
    "port's load succeeds: ask `inspect(label)` which of both to do",
    "Ask `inspect(label)` which of both to do",
)
NO_VALUE = Reason(
    "no-value",
    "the value of a call that gives none is used",
    "Use a query, such as `inspect(label)`",
)

MACHINE_ADDRESS = Reason(
    "machine-address",
    "the address of the container runtime's machine stands where the port cannot be asked for it",
    "Ask `await containerRuntime.vmIp()` where it is used, or let `resolveEndpoint` choose",
)

# -- where the call stands -----------------------------------------------------------------------

CANNOT_WAIT = Reason(
    "cannot-wait",
    "the code around the call does not wait for it",
    "Make the caller async and await the port there, or call the port's synchronous companion",
)
CHILD_PROCESS = Reason(
    "child-process",
    "the child process itself is used, and the port has none",
    "Await the port's call instead",
)
DENO_COMMAND = Reason(
    "deno-command",
    "a Deno command, whose result the port does not have",
    "Call the port in code for Node or Bun",
)
NARROWED_LABEL = Reason(
    "narrowed-label",
    "a check tells the type of its label, which no closure sees; bind the label in a line before",
    "Bind the label to a name in a line before",
)
OWN_NAME = Reason(
    "own-name",
    "the file has a value of its own under the name of a global or a module",
    "Rename that value, or make the change by hand",
)
ISOLATED_DECLARATIONS = Reason(
    "isolated-declarations",
    "`isolatedDeclarations` wants to see the type of what is exported",
    "Write the type beside the value, and export that",
)
BROWSER = Reason(
    "browser",
    "browser code, which has no home folder and starts no service; get the value from the server",
    "Get the value from the server",
)
CANNOT_IMPORT = Reason(
    "cannot-import",
    "the file cannot import a package of the workspace",
    "Pass the value in from a file that can",
)
NO_MANIFEST = Reason(
    "no-manifest",
    "no package.json stands above the file, so nothing can declare the package that the rewritten "
    "code imports; write one there",
    "Write a package.json there",
)
IN_PORT = Reason(
    "in-port",
    "the file belongs to the port's own package, which cannot import itself",
    "Keep its defaults as data, in a JSON file",
)
PORT_NOT_INSTALLED = Reason(
    "port-not-installed",
    "the port is not installed for texts or for files that nothing runs",
    'Word it for every platform by hand, or set runtime.install = "always" in fleetmod.toml',
)
DOES_NOT_PARSE = Reason(
    "does-not-parse",
    "the file does not parse, so nothing in it is rewritten",
    "Mend the line, or move it to another file",
    'import { execSync } from "node:child_process";\n\n'
    'execSync("launchctl kickstart -k gui/501/com.acme.api");\n\nexport const broken = = 1;\n',
    "packages/app/src/example.ts",
)
NOT_SELECTED = Reason(
    "not-selected",
    "what must change together with it is not among the files that were named",
    "Name both files, or none",
)
DECLINED = Reason(
    "declined",
    "you keep it as it is",
    "Run `fleetmod migrate` again, and accept the rewrite",
)
FAULT = Reason(
    "fault",
    "the rewritten file would be wrong, which is a fault of fleetmod",
    "Report it",
)

# -- texts and names -----------------------------------------------------------------------------

CALL_STAYS = Reason(
    "call-stays",
    "speaks of something that stays",
    "Mend that first",
)
NO_CALL_KNOWN = Reason(
    "no-call-known",
    "speaks of no call that is rewritten; reword it by hand, or accept it by a `fleetmod-ignore` "
    "directive",
    "Reword it by hand, or accept it with a `fleetmod-ignore` directive",
)
COMMAND_SHOWN = Reason(
    "command-shown",
    "shows a command that the port cannot spell; word it for every platform",
    "Word it for every platform",
)
NAMES_PLATFORM = Reason(
    "names-platform",
    "the text names one platform or one product beside the command",
    "Word it for every platform, or split it by platform",
)
STATES_FACT = Reason(
    "states-fact",
    "states a fact of launchctl: reword it by hand, or accept it by a `fleetmod-ignore` directive",
    "Reword it by hand, or accept it with a `fleetmod-ignore` directive",
)
OTHER_LANGUAGE = Reason(
    "other-language",
    "is written in another language than English; reword it by hand",
    "Reword it by hand",
)
EXPECTED_BY_TEST = Reason(
    "expected-by-test",
    "a test looks for these words",
    "Change both by hand",
)
WOULD_BE_FALSE = Reason(
    "would-be-false",
    "a comment says of this call what holds for launchctl alone",
    "Reword or remove that comment first",
)
COMMENT_LOST = Reason(
    "comment-lost",
    "a comment stands in what would be replaced; rewrite it by hand",
    "Move the comment out of it, or rewrite it by hand",
)
PART_OF_NAME = Reason(
    "part-of-name",
    "a name, a path or a call with the tool's name in it; change it together with what it names",
    "Change it together with what it names",
)
NAME_USED_ELSEWHERE = Reason(
    "name-used-elsewhere",
    "the name is also used where this file cannot change it",
    "Rename it with its users, by your editor's refactoring",
)

# -- what may stand at a place -------------------------------------------------------------------

LITERAL_ONLY = Reason(
    "literal-only",
    "a literal must stand at this place",
    "Give the value a name in a line before, or word the text without it",
)
MODULE_PATH = Reason(
    "module-path",
    "a module loaded by an absolute path; load it by its package name",
    "Load it by its package name",
)
PATTERN = Reason(
    "pattern",
    "a pattern with one user's home; build it from nodeIdentity.homeDir, escaped",
    "Build the pattern from nodeIdentity.homeDir, escaped",
)
ESCAPES = Reason(
    "escapes",
    "the path is spelled with escapes that a rewrite would lose",
    "Spell the path without them",
)
QUOTING = Reason(
    "quoting",
    "the shell expands no variable at this place",
    "Use plain double quotes, or give the value a name before",
    "#!/bin/bash\ncp $'/Users/alice/a.txt' b.txt\n",
    "scripts/copy.sh",
)
READ_AS_IT_STANDS = Reason(
    "read-as-it-stands",
    "a line that is read as it stands; write it without the home",
    "Write it without the home",
)

# -- homes ---------------------------------------------------------------------------------------

UNKNOWN_USER = Reason(
    "unknown-user",
    "the home of a user who is not in home.users; add the name there, or exclude the file",
    "Add the name to home.users in fleetmod.toml, or exclude the file",
)
MADE_HOME = Reason(
    "made-home",
    "the home is made of a folder and a name, or of a variable of the caller's",
    "Begin the path with nodeIdentity.homeDir",
)
ANOTHER_HOST = Reason(
    "another-host",
    "the path may be of another host, another person or a container",
    "See whose home is meant, and give each a variable of its own",
)
COMPARED_HOME = Reason(
    "compared-home",
    "the code compares this home with another one",
    "Say by what else the two differ",
)
SEVERAL_HOMES = Reason(
    "several-homes",
    "several homes would become one, for a node has one home",
    "Look each up by the machine that it is of",
)
STORED_HOME = Reason(
    "stored-home",
    "the home is data that goes somewhere else, and may be another machine's",
    "Move it by hand",
)
HOME_KEY = Reason(
    "home-key",
    "made of a user's home; make it of nodeIdentity.homeDir, as the tool does that reads it",
    "Make it of nodeIdentity.homeDir, as the tool does that reads it",
)
TEST_DATA = Reason(
    "test-data",
    "test data, whose expected result may be spelled elsewhere; move both to a neutral home such "
    "as /Users/fixture",
    "Move the test's input and its expectation together, to a neutral home such as /Users/fixture",
)
CHECKED_IN = Reason(
    "checked-in",
    "another file that the code reads spells the home as well",
    "Change both by hand",
)
ROOT_HOME = Reason(
    "root-home",
    "root has another HOME; take the home of $SUDO_USER, or hand the path over",
    "Take the home of $SUDO_USER, or hand the path over",
    '#!/bin/bash\n[ "$(id -u)" = 0 ] || exit 1\ncd /Users/alice/data\n',
    "scripts/setup.sh",
)
SETS_HOME = Reason(
    "sets-home",
    "the script sets HOME itself",
    "Delete the line where HOME is set by whoever runs the script, or take another variable",
    "#!/bin/bash\nHOME=/var/empty\ncd /Users/alice/data\n",
    "scripts/run.sh",
)
ABOUT_SPELLING = Reason(
    "about-spelling",
    "the comment is about how the path is spelled",
    "Reword it by hand",
)
OTHER_SPELLING = Reason(
    "other-spelling",
    "another spelling of the same home stands beside it",
    "Reword both by hand",
)
PLIST_IN_USE = Reason(
    "plist-in-use",
    "code reads or installs the property list as it is",
    "Let that code take what `fleetmod plists` renders, and run fleetmod again",
)
PLIST_SHAPE = Reason(
    "plist-shape",
    "no template can be made of this property list",
    "Split it, or write its paths in one way",
    '<?xml version="1.0"?>\n<plist version="1.0"><dict>'
    "<key>/Users/alice/x</key><true/></dict></plist>\n",
    "com.acme.api.plist",
)

# -- reported, never rewritten -------------------------------------------------------------------

BY_RULE = Reason(
    "by-rule",
    "reported only",
    "`fleetmod explain RULE` tells what to do about what the rule finds",
)
OTHER_FILE_KIND = Reason(
    "other-file-kind",
    "files of this kind are reported, and not rewritten",
    "Look the home up when the program runs, or render the file for each node",
    'const DATA: &str = "/Users/alice/data";\n',
    "src/main.rs",
)
UNCHECKED_TOOL = Reason(
    "unchecked-tool",
    "a program of one platform runs with no check of the platform before it",
    "Check the platform before the call, and use the other platform's program there",
    "#!/bin/sh\nlaunchctl stop com.acme.api\n",
    "scripts/stop.sh",
)
PUBLISH_SCRIPT = Reason(
    "publish-script",
    "the commands that build and push an image cannot become one build for every platform",
    "Write `docker buildx build --platform linux/arm64,linux/amd64 … --push` in their place",
)
ONE_ARCHITECTURE = Reason(
    "one-architecture",
    "a line of a Dockerfile is right for one architecture only",
    "Write what the text of the finding names",
)
UNEXPLAINED_LINE = Reason(
    "unexplained-line",
    "the gate's grep finds this line, and no rule explains it",
    "Reword the line, or accept it with a `fleetmod-ignore` directive",
)
BAD_DIRECTIVE = Reason(
    "bad-directive",
    "a `fleetmod-ignore` directive accepts nothing, names no rule or gives no reason",
    "Mend the directive, or delete it",
    '// fleetmod-ignore home-path\nexport const DATA = "/Users/alice/data";\n',
    "packages/app/src/example.ts",
)


def todo(code: str) -> str:
    """What to do about a refusal, by its code; "" for a code that is none."""
    return CATALOGUE[code].todo if code in CATALOGUE else ""


def named(code: str, otherwise: Reason = BY_RULE) -> Reason:
    """The reason with a code; `otherwise` for a code that is none."""
    return CATALOGUE.get(code, otherwise)


CATALOGUE: dict[str, Reason] = {
    each.code: each for each in list(globals().values()) if isinstance(each, Reason)
}
